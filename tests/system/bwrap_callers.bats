#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# bwrap_callers.bats - programs that call bwrap, with urun-bwrap in its place

load lib

export BATS_TEST_TIMEOUT=120

setup() {
	T=$BATS_TEST_TMPDIR
	mkdir -p "$T/bin" "$T/home" "$T/run"
	chmod 700 "$T/run"
	export HOME=$T/home XDG_DATA_HOME=$T/home/.local/share XDG_CACHE_HOME=$T/home/.cache
	# What was called is noted: that nothing else was is part of the tests.
	cat >"$T/bin/bwrap" <<-END
		#!/bin/sh
		printf '%s\n' "\$*" >>"$T/calls"
		exec "$(command -v urun-bwrap)" "\$@"
	END
	chmod +x "$T/bin/bwrap"
	PATH=$T/bin:$PATH
	cd "$T"
}

nobody_has() { [ -z "$(processes_with "$1")" ]; }

@test "the thumbnailer of GNOME's desktop: a picture is read in its sandbox" {
	python3 -c 'import gi; gi.require_version("GnomeDesktop", "4.0")' 2>/dev/null ||
		skip_because "no library of GNOME's desktop: './autogen.sh --packages peers' installs it"
	command -v gdk-pixbuf-thumbnailer >/dev/null || skip_because "no gdk-pixbuf-thumbnailer"
	cat >thumbnail.py <<-'END'
		import struct, sys, zlib
		import gi
		gi.require_version("GnomeDesktop", "4.0")
		from gi.repository import GnomeDesktop, Gio

		def chunk(kind, data):
		    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

		size = 300
		rows = b"".join(b"\0" + b"\xff\0\0" * size for _ in range(size))
		with open("red.png", "wb") as f:
		    f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)) +
		            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
		factory = GnomeDesktop.DesktopThumbnailFactory.new(GnomeDesktop.DesktopThumbnailSize.NORMAL)
		uri = Gio.File.new_for_path(sys.argv[1]).get_uri()
		picture = factory.generate_thumbnail(uri, "image/png", None)
		print(picture.get_width(), picture.get_height(), picture.get_pixels()[:3].hex())
	END
	run -0 --separate-stderr python3 thumbnail.py "$T/red.png"
	assert_output "128 128 ff0000"
	[ "$(wc -l <calls)" = 1 ]
	grep -q -- '--unshare-all --die-with-parent .*--seccomp [0-9]* /usr/bin/gdk-pixbuf-thumbnailer' calls
}

@test "WebKit: a page's script runs in the sandbox of its process" {
	python3 -c 'import gi; gi.require_version("WebKit2", "4.1")' 2>/dev/null ||
		skip_because "no WebKit2 4.1: './autogen.sh --packages peers' installs it"
	for program in xvfb-run dbus-run-session xdg-dbus-proxy; do
		command -v $program >/dev/null ||
			skip_because "no $program: './autogen.sh --packages peers' installs it"
	done
	[ -e /usr/bin/bwrap ] || skip_because "no /usr/bin/bwrap, which WebKit calls by that name"
	cat >page.py <<-'END'
		import glob, os
		import gi
		gi.require_version("Gtk", "3.0")
		gi.require_version("WebKit2", "4.1")
		from gi.repository import GLib, Gtk, WebKit2

		result = open("result", "w", buffering=1)

		def tell(view, _):
		    if not view.get_title():
		        return
		    print(view.get_title(), file=result)
		    for path in glob.glob("/proc/[0-9]*/comm"):
		        folder = os.path.dirname(path)
		        try:
		            if open(path).read() != "WebKitWebProces\n":
		                continue
		            for name in "user", "pid", "net", "mnt":
		                inside, outside = (os.readlink(f"{f}/ns/{name}") for f in (folder, "/proc/self"))
		                print(name, "own" if inside != outside else "shared", file=result)
		            for line in open(folder + "/status"):
		                if line.startswith(("NoNewPrivs:", "Seccomp:", "CapEff:")):
		                    print(*line.split(), file=result)
		        except OSError:
		            pass
		    Gtk.main_quit()

		context = WebKit2.WebContext.get_default()
		context.set_sandbox_enabled(True)
		view = WebKit2.WebView.new_with_context(context)
		window = Gtk.Window()
		window.add(view)
		window.show_all()
		view.connect("notify::title", tell)
		view.connect("web-process-terminated", lambda *_: Gtk.main_quit())
		view.load_html("<script>document.title = [1, 2, 3].map(n => n * n).join()</script>", "about:blank")
		GLib.timeout_add_seconds(60, Gtk.main_quit)
		Gtk.main()
	END
	# It has the path compiled in. Where it makes a link of /var/tmp, no run folder may be below that.
	runtime=$(mktemp -d /tmp/urun-webkit.XXXXXX)
	run --separate-stderr env XDG_RUNTIME_DIR="$runtime" timeout 100 dbus-run-session -- \
		urun-bwrap --dev-bind / / --ro-bind "$T/bin/bwrap" /usr/bin/bwrap xvfb-run -a python3 page.py 3>&-
	rm -r "$runtime"
	echo "$output$stderr"
	run -0 cat result
	assert_output "1,4,9
user own
pid own
net own
mnt own
CapEff: 0000000000000000
NoNewPrivs: 1
Seccomp: 2"
	grep -q -- '^--args [0-9]* -- .*/xdg-dbus-proxy ' calls
	grep -q -- '^--args [0-9]* -- .*/WebKitWebProcess ' calls
	wait_until nobody_has "$T/bin/bwrap"
}

# In a session bus of its own, which stands for the system's as well.
flatpak_session() {
	env -u FLATPAK_BWRAP XDG_RUNTIME_DIR="$T/run" FLATPAK_BWRAP="$T/bin/bwrap" timeout 100 dbus-run-session -- \
		sh -ec 'export DBUS_SYSTEM_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS; '"$1" 3>&-
}

@test "flatpak: builds, installs and runs an application, with the filtered session bus" {
	for program in flatpak dbus-run-session xdg-dbus-proxy; do
		command -v $program >/dev/null ||
			skip_because "no $program: './autogen.sh --packages peers' installs it"
	done
	need_busybox
	arch=$(flatpak --default-arch)
	mkdir -p rt/usr/bin rt/files
	cp "$BUSYBOX/bin/busybox" rt/usr/bin/
	for applet in sh ls id grep mkdir chmod cat test readlink; do
		ln -s busybox "rt/usr/bin/$applet"
	done
	cat >rt/metadata <<-END
		[Runtime]
		name=org.urun.Platform
		runtime=org.urun.Platform/$arch/1
		sdk=org.urun.Platform/$arch/1
	END
	cat >hello <<-'END'
		#!/bin/sh
		echo "id $(id -u)" args "$@"
		ls -d /app /usr /run/flatpak/bus
		grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status
		readlink /proc/self/ns/pid
		readlink /proc/self/ns/net
		cat "$HOME/secret" 2>/dev/null || echo no secret
		exit 5
	END
	echo secret >"$HOME/secret"
	run flatpak_session '
		flatpak build-export --runtime repo rt 1
		flatpak --user remote-add --no-gpg-verify local repo
		flatpak --user install -y --noninteractive local org.urun.Platform//1
		flatpak build-init app org.urun.App org.urun.Platform org.urun.Platform 1
		flatpak build --bind-mount=/src="$PWD" app sh -c "mkdir -p /app/bin && cat /src/hello >/app/bin/hello && chmod +x /app/bin/hello"
		flatpak build-finish app --command=hello
		flatpak build-export repo app 1
		flatpak --user install -y --noninteractive local org.urun.App//1'
	assert_status 0
	[ -x app/files/bin/hello ]
	run --separate-stderr flatpak_session 'flatpak --user run --branch=1 org.urun.App one "two words"'
	[ "$status" = 5 ] || { echo "$output$stderr" && false; }
	assert_output "id $(id -u) args one two words
/app
/run/flatpak/bus
/usr
NoNewPrivs:	1
Seccomp:	2
${lines[6]}
${lines[7]}
no secret"
	[ "${lines[6]}" != "$(readlink /proc/self/ns/pid)" ]
	[ "${lines[7]}" != "$(readlink /proc/self/ns/net)" ]
	# The proxy of the bus, and the application.
	grep -q xdg-dbus-proxy calls
	grep -q -- '-- hello one two words$' calls
	wait_until nobody_has "$T/bin/bwrap"
}
