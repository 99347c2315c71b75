#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
#	./autogen.sh			make ./configure
#	./autogen.sh --try		install what is missing, configure, build, and run a
#					first container
#	./autogen.sh --packages [GROUP...]
#					only install what is missing; GROUP is build, run, test,
#					peers or vm, by default the first three
#
# The table below is the only place that knows what packages are called; "-" is none.
set -eu
cd "$(dirname "$0")"

table() {
	cat <<-END
	# group	apt			dnf				pacman		zypper				apk
	build	gcc			gcc				gcc		gcc				gcc
	build	make			make				make		make				make
	build	libc6-dev		glibc-static			glibc		glibc-devel-static		musl-dev,linux-headers
	build	autoconf		autoconf			autoconf	autoconf			autoconf
	build	automake		automake			automake	automake			automake
	build	pkgconf			pkgconf-pkg-config		pkgconf		pkg-config			pkgconf
	build	libcap-dev		libcap-devel,libcap-static	libcap		libcap-devel			libcap-dev,libcap-static
	build	libjansson-dev		jansson-devel			jansson		libjansson-devel		jansson-dev
	build	libseccomp-dev		libseccomp-devel		libseccomp	libseccomp-devel		libseccomp-dev
	build	libsubid-dev		shadow-utils-subid-devel	shadow		libsubid-devel			shadow-dev
	build	libcurl4-openssl-dev	libcurl-devel			curl		libcurl-devel			curl-dev
	build	libarchive-dev		libarchive-devel		libarchive	libarchive-devel		libarchive-dev
	build	libssl-dev		openssl-devel			openssl		libopenssl-devel		openssl-dev
	build	libzstd-dev		libzstd-devel			zstd		libzstd-devel			zstd-dev
	build	zlib1g-dev		zlib-devel			zlib		zlib-devel			zlib-dev
	build	libisal-dev		isa-l-devel			isa-l		-				isa-l-dev
	build	libsystemd-dev		systemd-devel			systemd-libs	systemd-devel			-
	run	uidmap			shadow-utils			shadow		shadow				shadow-subids
	run	fuse-overlayfs		fuse-overlayfs			fuse-overlayfs	fuse-overlayfs			fuse-overlayfs
	run	slirp4netns		slirp4netns			slirp4netns	slirp4netns			slirp4netns
	run	passt			passt				passt		passt				passt
	test	bats			bats				bash-bats	bats				bats
	test	libcmocka-dev		libcmocka-devel			cmocka		libcmocka-devel			cmocka-dev
	test	debootstrap		debootstrap			debootstrap	debootstrap			debootstrap
	test	busybox-static		busybox				busybox		busybox-static			busybox-static
	test	python3			python3				python		python3				python3
	test	util-linux		util-linux			util-linux	util-linux			util-linux,setpriv
	test	strace			strace				strace		strace				strace
	test	man-db			man-db				man-db		man				mandoc
	peers	bubblewrap		bubblewrap			bubblewrap	bubblewrap			bubblewrap
	peers	flatpak			flatpak				flatpak		flatpak				flatpak
	peers	dbus			dbus-daemon			dbus		dbus-1-daemon			dbus
	peers	gir1.2-gnomedesktop-4.0	gnome-desktop4			gnome-desktop-4	typelib-1_0-GnomeDesktop-4_0	gnome-desktop
	peers	gir1.2-webkit2-4.1	webkit2gtk4.1			webkit2gtk-4.1	typelib-1_0-WebKit2-4_1		webkit2gtk-4.1
	peers	xvfb			xorg-x11-server-Xvfb		xorg-server-xvfb	xorg-x11-server-Xvfb	xvfb-run
	peers	xauth			xorg-x11-xauth			xorg-xauth	xauth				xauth
	peers	python3-gi		python3-gobject			python-gobject	python3-gobject			py3-gobject3
	peers	libgdk-pixbuf2.0-bin	gdk-pixbuf2			gdk-pixbuf2	gdk-pixbuf-query-loaders	gdk-pixbuf
	peers	shared-mime-info	shared-mime-info		shared-mime-info	shared-mime-info		shared-mime-info
	peers	xdg-dbus-proxy		xdg-dbus-proxy			xdg-dbus-proxy	xdg-dbus-proxy			xdg-dbus-proxy
	peers	crun			crun				crun		crun				crun
	peers	runc			runc				runc		runc				runc
	peers	podman			podman				podman		podman				podman
	peers	criu			criu,criu-devel			criu		criu,criu-devel			criu,criu-dev
	peers	libprotobuf-c-dev	protobuf-c-devel		protobuf-c	protobuf-c-devel		protobuf-c-dev
	peers	catatonit		catatonit			catatonit	catatonit			catatonit
	peers	containerd		containerd			containerd	containerd			containerd
	peers	slurmd			slurm-slurmd			-		slurm-node			-
	peers	slurmctld		slurm-slurmctld			-		slurm				-
	peers	slurm-client		slurm				-		-				-
	peers	munge			munge				-		munge				-
	peers	docker-registry		docker-distribution		-		-				-
	peers	apache2-utils		httpd-tools			apache		apache2-utils			apache2-utils
	peers	skopeo			skopeo				skopeo		skopeo				skopeo
	peers	umoci			umoci				umoci		umoci				umoci
	peers	buildah			buildah				buildah		buildah				buildah
	peers	iperf3			iperf3				iperf3		iperf				iperf3
	peers	rootlesskit		-				rootlesskit	rootlesskit			rootlesskit
	peers	nginx-light		nginx				nginx		nginx				nginx
	peers	dnsmasq-base		dnsmasq				dnsmasq		dnsmasq				dnsmasq
	peers	nftables		nftables			nftables	nftables			nftables
	peers	clang			clang				clang		clang				clang
	peers	libclang-rt-dev		compiler-rt			compiler-rt	clang				compiler-rt
	peers	clang-format		clang-tools-extra		clang		clang-tools			clang-extra-tools
	peers	zsh			zsh				zsh		zsh				zsh
	peers	fish			fish				fish		fish				fish
	peers	mandoc			mandoc				mandoc		mandoc				mandoc
	peers	shellcheck		ShellCheck			shellcheck	ShellCheck			shellcheck
	vm	qemu-system-x86		qemu-system-x86-core		qemu-system-x86	qemu-x86			qemu-system-x86_64
	vm	e2fsprogs		e2fsprogs			e2fsprogs	e2fsprogs			e2fsprogs
	END
}

die() {
	echo "autogen.sh: $*" >&2
	exit 1
}

# The manager's name, and its column.
find_manager() {
	column=2
	for manager in apt-get dnf pacman zypper apk; do
		! command -v $manager >/dev/null 2>&1 || return 0
		column=$((column + 1))
	done
	die "no package manager of apt, dnf, pacman, zypper and apk: install by hand
$(table | awk '!/#/ { print "  " $2 }')"
}

is_installed() {
	case $manager in
	apt-get) dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed ;;
	dnf | zypper) rpm -q --whatprovides "$1" >/dev/null 2>&1 ;;
	pacman) pacman -Qi "$1" >/dev/null 2>&1 ;;
	apk) apk info -e "$1" >/dev/null 2>&1 ;;
	esac
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	else
		die "not root, and there is no sudo: run as root: $*"
	fi
}

install_packages() {
	find_manager
	missing=
	for group do
		for package in $(table | awk -v g="$group" -v c=$column '$1 == g && $c != "-" { gsub(",", " ", $c); print $c }'); do
			is_installed "$package" || missing="$missing $package"
		done
	done
	[ -n "$missing" ] || return 0
	echo "autogen.sh: installing$missing"
	# shellcheck disable=SC2086 # one word each
	case $manager in
	apt-get)
		as_root apt-get update -qq || true
		as_root env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -qq --no-install-recommends $missing
		;;
	dnf) as_root dnf install -y $missing ;;
	pacman) as_root pacman -S --needed --noconfirm $missing ;;
	zypper) as_root zypper --non-interactive install $missing ;;
	apk) as_root apk add $missing ;;
	esac || die "the packages could not be installed:$missing"
}

make_configure() {
	command -v autoreconf >/dev/null 2>&1 ||
		die "autoreconf is missing: './autogen.sh --packages' installs what the build needs"
	autoreconf --force --install
}

case ${1-} in
'')
	make_configure
	;;
--packages)
	shift
	[ $# -gt 0 ] || set -- build run test
	install_packages "$@"
	;;
--try)
	[ $# = 1 ] || die "--try takes no words"
	install_packages build run test
	make_configure
	./configure
	make -j"$(nproc 2>/dev/null || echo 2)"
	make try
	;;
*)
	die "unknown word '$1': see the head of this file"
	;;
esac
