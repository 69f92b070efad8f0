"""A player for tests: GStreamer's rtspsrc, with what it plays told unit by unit.

Takes its settings as one JSON argument, prints a line for each decoded picture ("video PTS MD5") and for each
coded frame of sound ("audio PTS MD5"), PTS in nanoseconds, and ends when its standard input does.
"""

import hashlib
import json
import os
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

DECODE = {
    "h264": "rtph264depay ! h264parse ! avdec_h264 max-threads=1",
    "h265": "rtph265depay ! h265parse ! avdec_h265 max-threads=1",
}
UNPACK = {"aac": "rtpmp4gdepay", "pcmu": "rtppcmudepay", "opus": "rtpopusdepay"}


def launch_line(settings):
    """Times as the sender gives them: not by the player's clock, nor moved to bring sound and pictures together."""
    return (
        f'rtspsrc location="{settings["url"]}" protocols={settings["transport"]} '
        "buffer-mode=none max-ts-offset=1 name=source "
        f"source. ! application/x-rtp,media=video ! {DECODE[settings['video']]} ! video/x-raw,format=I420 "
        "! appsink name=video sync=false async=false emit-signals=true "
        f"source. ! application/x-rtp,media=audio ! {UNPACK[settings['audio']]} "
        "! appsink name=audio sync=false async=false emit-signals=true"
    )


# Each track has a thread of its own; neither the bindings' first look at a class nor sys.stdout is made for that.
TELLING = threading.Lock()


def tell(sink, name):
    with TELLING:
        buffer = sink.emit("pull-sample").get_buffer()
        digest = hashlib.md5(buffer.extract_dup(0, buffer.get_size())).hexdigest()
        os.write(1, f"{name} {buffer.pts} {digest}\n".encode())
    return Gst.FlowReturn.OK


def main():
    Gst.init(None)
    loop = GLib.MainLoop()
    pipeline = Gst.parse_launch(launch_line(json.loads(sys.argv[1])))
    for name in ("video", "audio"):
        pipeline.get_by_name(name).connect("new-sample", tell, name)

    def on_message(_, message):
        if message.type == Gst.MessageType.ERROR:
            sys.stderr.write(f"{message.parse_error()}\n")
            loop.quit()
        elif message.type == Gst.MessageType.EOS:
            loop.quit()

    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", on_message)
    pipeline.set_state(Gst.State.PLAYING)
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    loop.run()
    pipeline.set_state(Gst.State.NULL)


main()
