/** Let a link save sound that the server would not take; without any it is hidden. */
export function offerFile(link, data, mediaType = "") {
  URL.revokeObjectURL(link.href);
  link.hidden = !data?.size;
  if (link.hidden) return;
  link.href = URL.createObjectURL(data);
  link.download = `recording.${mediaType.split("/")[1]}`;
}
