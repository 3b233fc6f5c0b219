"""An RTSP camera that can be made to fail: `camera-server.py PORT` serves /video until its standard input ends.

Each line of input is a JSON object of settings to change; the answer is a line with `ok`. `picture` (moving, frozen,
black), `width` and `height` change at once, within the stream. `codec`, `gop`, `audio`, `hold` and `password` hold for
who connects next; with `"cut": true` everybody who is connected is sent away, with `"cut": "after-keyframe"` when the next keyframe is as far away as it can be.
`"hold": true` keeps the stream going while nobody looks, so that who comes back joins it where it is. The user is
`camera`; no password lets everybody in.
"""

import json
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

FPS = 15
USER = "camera"
ROLE = "viewer"
LOOPBACK = "127.0.0.1"

ENCODERS = {
    # A keyframe may come later than anybody waits for a picture: `gop` pictures apart, and never for a cut.
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast bitrate=500 key-int-max={gop} option-string=scenecut=0"
    " ! video/x-h264,profile=constrained-baseline ! rtph264pay name={pay} pt=96 config-interval=-1",
    "h265": "x265enc tune=zerolatency speed-preset=ultrafast bitrate=500 key-int-max={gop} option-string=pools=1:frame-threads=1"
    " ! rtph265pay name={pay} pt=96 config-interval=-1",
    "mjpeg": "jpegenc ! rtpjpegpay name={pay} pt=26",
    "vp8": "vp8enc deadline=1 cpu-used=8 keyframe-max-dist={gop} ! rtpvp8pay name={pay} pt=96",
}
SOUND = "audiotestsrc is-live=true wave=silence ! mulawenc ! rtppcmupay name=pay0 pt=0"


class Scene:
    """Pictures in I420: a box that wanders over a gradient, the same one for ever, or nothing but black."""

    def __init__(self):
        self.kind = "moving"
        self.width, self.height = 320, 240
        self.count = 0
        self.last = None

    def next(self):
        size = (self.width, self.height)
        if self.kind == "frozen" and self.last is not None and self.last[0] == size:
            return self.last[1]
        self.count += 1
        picture = self.black() if self.kind == "black" else self.drawn()
        self.last = (size, picture)
        return picture

    def black(self):
        luma = self.width * self.height
        return bytes([16]) * luma + bytes([128]) * (luma // 2)

    def drawn(self):
        width, height, count = self.width, self.height, self.count
        row = bytes(40 + (x * 120) // width for x in range(width))
        luma = bytearray(row * height)
        box, span = width // 5, width - width // 5
        left = abs((count * 6) % (2 * span) - span)
        top = abs((count * 4) % height - height // 2)
        for y in range(top, min(height, top + height // 4)):
            start = y * width + left
            luma[start : start + box] = bytes([225]) * box
        return bytes(luma) + bytes([110]) * (width * height // 4) + bytes([150]) * (width * height // 4)


class Camera:
    def __init__(self, port):
        self.settings = {"codec": "h264", "gop": FPS, "audio": False, "password": None, "hold": False}
        self.port = port
        self.scene = Scene()
        self.sources = []
        self.pushed = {}
        # For the picture behind a keyframe, to send everybody away.
        self.waiting = False
        self.holder = None
        self.server = GstRtspServer.RTSPServer()
        self.server.set_address("0.0.0.0")
        self.server.set_service(str(port))
        self.arrange()
        if self.server.attach(None) == 0:
            sys.exit("the port is taken")
        GLib.timeout_add(1000 // FPS, self.push)

    def arrange(self):
        """Whoever connects from now on finds the stream as the settings are."""
        codec, audio = self.settings["codec"], self.settings["audio"]
        encoder = ENCODERS[codec].format(gop=self.settings["gop"], pay="pay1" if audio else "pay0")
        factory = GstRtspServer.RTSPMediaFactory()
        source = "appsrc name=pictures is-live=true format=time do-timestamp=true ! queue ! videoconvert"
        factory.set_launch(f"( {SOUND + ' ' if audio else ''}{source} ! {encoder} )")
        factory.set_shared(True)
        factory.connect("media-configure", self.configured)
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role(ROLE, "media.factory.access", True)
        permissions.add_permission_for_role(ROLE, "media.factory.construct", True)
        factory.set_permissions(permissions)
        mounts = self.server.get_mount_points()
        mounts.remove_factory("/video")
        mounts.add_factory("/video", factory)
        self.server.set_auth(self.auth())

    def auth(self):
        password = self.settings["password"]
        if password is None:
            return None
        auth = GstRtspServer.RTSPAuth()
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", ROLE)
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(USER, password, token)
        return auth

    def configured(self, _factory, media):
        source = media.get_element().get_by_name("pictures")
        source.set_property("caps", self.caps())
        self.sources.append(source)
        media.connect("unprepared", lambda _media: self.forget(source))

    def forget(self, source):
        self.sources.remove(source)
        self.pushed.pop(source, None)

    def caps(self):
        size = f"width={self.scene.width},height={self.scene.height}"
        return Gst.Caps.from_string(f"video/x-raw,format=I420,{size},framerate={FPS}/1")

    def push(self):
        picture = self.scene.next()
        for source in self.sources:
            source.emit("push-buffer", Gst.Buffer.new_wrapped(picture))
            self.pushed[source] = self.pushed.get(source, 0) + 1
        if self.waiting and any(self.pushed[source] % self.settings["gop"] == 3 for source in self.sources):
            self.waiting = False
            self.cut()
            print("ok", flush=True)
        return True

    def change(self, settings):
        scene = self.scene
        scene.kind = settings.pop("picture", scene.kind)
        size = (settings.pop("width", scene.width), settings.pop("height", scene.height))
        if size != (scene.width, scene.height):
            scene.width, scene.height = size
            for source in self.sources:
                source.set_property("caps", self.caps())
        cut = settings.pop("cut", False)
        unknown = settings.keys() - self.settings.keys()
        if unknown:
            raise ValueError(f"unknown settings: {', '.join(unknown)}")
        if any(self.settings[name] != value for name, value in settings.items() if name != "hold"):
            self.settings.update(settings)
            self.arrange()
        self.settings.update(settings)
        self.keep(self.settings["hold"])
        self.waiting = cut == "after-keyframe"
        if cut is True:
            self.cut()
        return not self.waiting

    def cut(self):
        def verdict(_server, client):
            held = self.settings["hold"] and client.get_connection().get_ip() == LOOPBACK
            return GstRtspServer.RTSPFilterResult.KEEP if held else GstRtspServer.RTSPFilterResult.REMOVE

        self.server.client_filter(verdict)

    def keep(self, wanted):
        if wanted == (self.holder is not None):
            return
        if wanted:
            password = self.settings["password"]
            login = "" if password is None else f"user-id={USER} user-pw={password}"
            address = f"rtsp://{LOOPBACK}:{self.port}/video"
            self.holder = Gst.parse_launch(f"rtspsrc location={address} protocols=tcp {login} ! fakesink")
            self.holder.set_state(Gst.State.PLAYING)
        else:
            self.holder.set_state(Gst.State.NULL)
            self.holder = None


def answer(camera, loop):
    line = sys.stdin.readline()
    if line == "":
        loop.quit()
        return False
    try:
        if camera.change(json.loads(line)):
            print("ok", flush=True)
    except Exception as error:  # noqa: BLE001
        print(f"fault: {error}", flush=True)
    return True


Gst.init(None)
main_loop = GLib.MainLoop()
served = Camera(int(sys.argv[1]))
GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, lambda *_: answer(served, main_loop))
print("ready", flush=True)
main_loop.run()
