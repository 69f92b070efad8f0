"""A camera for tests: a gst-rtsp-server that plays files in real time.

Takes its settings as one JSON argument, prints {"port": N} once it listens, and ends when its
standard input does, so that it never outlives the test that started it.
"""

import json
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

ROLE = "viewer"

# Parameter sets travel in the description and in front of every random access point.
VIDEO = {
    "h264": "qtdemux ! h264parse ! rtph264pay pt=96 config-interval=-1",
    "h265": "qtdemux ! h265parse ! rtph265pay pt=96 config-interval=-1",
}
AUDIO = {
    "aac": "qtdemux ! aacparse ! rtpmp4gpay pt=97",
    "pcmu": "wavparse ! rtppcmupay pt=0 max-ptime=40000000",
    "opus": "oggdemux ! opusparse ! rtpopuspay pt=97",
}


def launch_line(settings):
    """Each track comes from a file of its own, so that any two codecs go together."""
    chains = []
    if "videoFile" in settings:
        chains.append((settings["videoFile"], VIDEO[settings["video"]]))
    if "audioFile" in settings:
        chains.append((settings["audioFile"], AUDIO[settings["audio"]]))
    mtu = settings.get("mtu", 1400)
    parts = [
        f'filesrc location="{file}" ! {chain} name=pay{index} mtu={mtu}'
        for index, (file, chain) in enumerate(chains)
    ]
    return "( " + " ".join(parts) + " )"


def protect(server, factory, settings):
    """User, password and TLS, as far as the settings ask for them."""
    auth = GstRtspServer.RTSPAuth()
    if "certificate" in settings:
        certificate = Gio.TlsCertificate.new_from_files(settings["certificate"], settings["key"])
        auth.set_tls_certificate(certificate)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    if "user" not in settings:
        auth.set_default_token(token)
    elif settings.get("auth") == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(settings["user"], settings["password"], token)
    else:
        basic = GstRtspServer.RTSPAuth.make_basic(settings["user"], settings["password"])
        auth.add_basic(basic, token)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role(ROLE, "media.factory.access", True)
    permissions.add_permission_for_role(ROLE, "media.factory.construct", True)
    factory.set_permissions(permissions)
    server.set_auth(auth)


def main():
    settings = json.loads(sys.argv[1])
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(settings.get("port", 0)))

    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(launch_line(settings))
    factory.set_shared(settings.get("shared", False))
    factory.set_eos_shutdown(True)
    lower = {"tcp": GstRtsp.RTSPLowerTrans.TCP, "udp": GstRtsp.RTSPLowerTrans.UDP}
    if "transport" in settings:
        factory.set_protocols(lower[settings["transport"]])
    if "user" in settings or "certificate" in settings:
        protect(server, factory, settings)
    server.get_mount_points().add_factory(settings.get("path", "/camera"), factory)

    loop = GLib.MainLoop()
    if server.attach(None) == 0:
        raise SystemExit("the port is taken")
    print(json.dumps({"port": server.get_bound_port()}), flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    loop.run()


main()
