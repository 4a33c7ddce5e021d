// Loads the tus client when the first file is chosen: most visits to the page need none.

let loading = null;

export function loadTus(url) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.tus);
    script.onerror = () => {
      loading = null;
      reject(new Error("The page could not be loaded completely: reload it and try again."));
    };
    document.head.append(script);
  });
  return loading;
}
