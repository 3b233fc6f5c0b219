"""An RTSP server for tests: `rtsp-server.py PORT` serves /video (H.264), /both (sound, then H.264) and one path
for each codec that this machine can make until it is killed. Prints `ready` and these paths when it listens."""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

Gst.init(None)

ENCODERS = {
    "x264enc": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15",
    "openh264enc": "openh264enc gop-size=15",
}


CODECS = {
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h265parse ! rtph265pay config-interval=1",
    "mjpeg": "jpegenc ! rtpjpegpay",
    "vp8": "vp8enc deadline=1 keyframe-max-dist=15 ! rtpvp8pay",
    "vp9": "vp9enc deadline=1 cpu-used=8 keyframe-max-dist=15 ! rtpvp9pay",
    "raw": "rtpvrawpay",
}


def encoder():
    for name, text in ENCODERS.items():
        if Gst.ElementFactory.find(name) is not None:
            return text + " ! h264parse"
    sys.exit("no H.264 encoder")


CAPS = "video/x-raw,format=I420,width=640,height=480,framerate=15/1"
SOURCE = f"videotestsrc is-live=true pattern=ball ! {CAPS}"


def video(pay):
    return f"{SOURCE} ! {encoder()} ! rtph264pay name={pay} config-interval=1 pt=96"


def serve(mounts, path, launch):
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {launch} )")
    factory.set_shared(True)
    mounts.add_factory(path, factory)


server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
mounts = server.get_mount_points()
serve(mounts, "/video", video("pay0"))
sound = "audiotestsrc is-live=true wave=silence ! mulawenc ! rtppcmupay name=pay0 pt=0"
serve(mounts, "/both", f"{sound} {video('pay1')}")
made = ["/h264"]
serve(mounts, "/h264", video("pay0"))
for codec, chain in CODECS.items():
    if Gst.ElementFactory.find(chain.split(" ", 1)[0]) is not None:
        serve(mounts, f"/{codec}", f"{SOURCE} ! {chain} name=pay0 pt={26 if codec == 'mjpeg' else 96}")
        made.append(f"/{codec}")
if server.attach(None) == 0:
    sys.exit("the port is taken")
print(" ".join(["ready", *made]), flush=True)
GLib.MainLoop().run()
