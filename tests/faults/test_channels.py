"""Workers killed on a recording whose channels are heard for themselves: all of it is there once."""

import pytest
import requests

from tests.clients.conftest import new_key
from tests.faults.test_pipeline import PATIENCE_SECONDS
from tests.pipeline import AUDIO
from tests.product import start_product
from tests.settings import TEST_ROOT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("faults")]

CALL = (AUDIO / "call-two-channels.flac").read_bytes()


def test_channels_are_whole_and_single_after_kills_at_span_stored_and_segments_created() -> None:
    folder = TEST_ROOT / "failpoints-channels"
    folder.mkdir()
    marks = [folder / name for name in ("span-stored", "segments-created")]
    product = start_product(STT_FAILPOINT_FOLDER=str(folder))
    try:
        product.wait()
        headers = {"Authorization": f"Token {new_key(product)}"}

        def listened() -> list[str]:
            url = f"{product.url}/v1/listen?multichannel=true"
            answer = requests.post(url, CALL, headers=headers, timeout=PATIENCE_SECONDS).json()
            return [channel["alternatives"][0]["transcript"] for channel in answer["results"]["channels"]]

        undisturbed = listened()
        for mark in marks:
            mark.touch()
        assert listened() == undisturbed
    finally:
        product.stop()
    assert not any(mark.exists() for mark in marks), "nobody was killed"
