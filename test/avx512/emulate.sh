#!/bin/sh
# Runs a static Linux test binary with its arguments on an emulated x86-64
# processor that has AVX-512 (F, BW, CD, DQ, VL): Bochs boots Debian's kernel,
# with the binary in its initramfs, from a CD image. Prints what the binary
# printed and exits with its status; 125 if the guest did not get so far.
#
#   CGO_ENABLED=0 go test -c -o kernel.test ./runtime/internal/kernel
#   test/avx512/emulate.sh kernel.test -test.v -test.run TestGuardedGemm
#
# Installs what it needs of Debian 12 if it is not here.
#
# Of the environment:
#   DIR      a folder to copy to the guest, with what the test reads
#   CD       the working folder, one of DIR's; else DIR itself
#   VMLINUZ  the kernel; else Debian's is downloaded once into CACHE
#   TIMEOUT  seconds until the guest is given up (3600)
#   MEGS     memory of the guest (512)
#   KEEP     a folder to leave the console and Bochs's messages in
#
# The guest's clock runs slow (its kernel takes the processor for a 3 GHz one),
# so durations that a test prints mean nothing and -test.timeout hardly works.
set -eu
bin=${1:?usage: emulate.sh binary [argument...]}
shift
CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mixconv-avx512}
TIMEOUT=${TIMEOUT:-3600}
MEGS=${MEGS:-512}

mkdir -p "$CACHE"
exec 9>"$CACHE/lock" # several may start at once
flock 9
packages="bochs bochs-term bochsbios vgabios grub-pc-bin grub-common xorriso mtools cpio busybox-static"
# shellcheck disable=SC2086
if ! dpkg -s $packages >/dev/null 2>&1; then
	(apt-get -qq update && apt-get -qq install -y --no-install-recommends $packages) >/dev/null || {
		echo "emulate.sh: of $packages, some are not here and apt-get cannot install them (root is needed)" >&2
		exit 125
	}
fi

if [ -z "${VMLINUZ:-}" ]; then
	VMLINUZ=$CACHE/vmlinuz
	if [ ! -s "$VMLINUZ" ]; then
		mkdir -p "$CACHE/deb"
		image=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
		(cd "$CACHE/deb" && apt-get -q download "$image" && dpkg-deb -x "$image"_*.deb .) >&2
		mv "$CACHE"/deb/boot/vmlinuz-* "$VMLINUZ"
		rm -rf "$CACHE/deb"
	fi
fi

exec 9>&-

tmp=$(mktemp -d)
finish() {
	if [ -n "${KEEP:-}" ]; then
		mkdir -p "$KEEP"
		cp "$tmp"/console "$tmp"/output "$tmp"/bochs* "$KEEP" || true
	fi
	rm -rf "$tmp"
}
trap finish EXIT
trap 'exit 130' INT TERM

# The guest's files: busybox, the binary, and an /init that runs it.
mkdir -p "$tmp/guest/bin" "$tmp/guest/dev" "$tmp/guest/proc" "$tmp/guest/sys" "$tmp/guest/tmp" "$tmp/guest/dir" "$tmp/iso/boot/grub"
cp "$(command -v busybox)" "$tmp/guest/bin/busybox"
cp "$bin" "$tmp/guest/test"
chmod +x "$tmp/guest/test"
[ -z "${DIR:-}" ] || cp -R "$DIR/." "$tmp/guest/dir/"
{
	cat <<'INIT'
#!/bin/busybox sh
b=/bin/busybox
$b mount -t devtmpfs dev /dev
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t tmpfs tmp /tmp
export HOME=/tmp TMPDIR=/tmp PATH=/bin
$b stty -F /dev/ttyS1 115200 raw -echo
$b grep -m 1 '^flags' /proc/cpuinfo
$b --install -s /bin
INIT
	printf "cd '/dir/%s'\n" "${CD:-.}"
	printf '/test'
	for a; do
		printf " '%s'" "$(printf %s "$a" | sed "s/'/'\\\\''/g")"
	done
	printf ' </dev/null >/dev/ttyS1 2>&1\n'
	cat <<'INIT'
echo "exit status $?"
$b stty -F /dev/ttyS1 cooked # waits until all is sent
$b sleep 1
$b poweroff -f
INIT
} >"$tmp/guest/init"
chmod +x "$tmp/guest/init"
(cd "$tmp/guest" && find . | cpio -o -H newc --quiet) >"$tmp/iso/boot/initrd"
cp "$VMLINUZ" "$tmp/iso/boot/vmlinuz"
# Bochs 2.7 states a wrong size for xsavec's and xsaves's areas, and Linux then
# does without AVX altogether: so without these two. Self-tests cost half a
# minute. A reboot, as after a panic, is a triple fault: the end of Bochs.
cat >"$tmp/iso/boot/grub/grub.cfg" <<'EOF2'
linux /boot/vmlinuz console=ttyS0,115200 quiet panic=-1 reboot=t cryptomgr.notests clearcpuid=xsavec,xsaves mitigations=off nokaslr no_timer_check tsc=reliable rdinit=/init
initrd /boot/initrd
boot
EOF2
grub-mkrescue -d /usr/lib/grub/i386-pc -o "$tmp/boot.iso" "$tmp/iso" --install-modules="linux normal iso9660 biosdisk" >"$tmp/grub.log" 2>&1 || { cat "$tmp/grub.log" >&2; exit 125; }

printf "continue\nquit\n" >"$tmp/rc" # for Bochs built with its debugger, as Debian's is
cat >"$tmp/bochsrc" <<EOF2
display_library: term
cpu: model=corei7_skylake_x, count=1, ips=20000000, reset_on_triple_fault=0
memory: guest=$MEGS, host=$MEGS
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path="$tmp/boot.iso", status=inserted
boot: cdrom
clock: sync=none
sound: driver=dummy
com1: enabled=1, mode=file, dev="$tmp/console"
com2: enabled=1, mode=file, dev="$tmp/output"
log: $tmp/bochs.log
panic: action=fatal
error: action=ignore
info: action=report
debug: action=ignore
EOF2
: >"$tmp/console"
: >"$tmp/output"
# Bochs wants a terminal for its screen, calls a power-off a panic and does not
# end at SIGTERM.
TERM=vt100 script -qec "exec timeout --foreground -s KILL $TIMEOUT bochs -q -f $tmp/bochsrc -rc $tmp/rc" /dev/null </dev/null >"$tmp/bochs.out" 2>&1 || true

cat "$tmp/output"
status=$(tr -d '\r' <"$tmp/console" | sed -n 's/^exit status \([0-9]*\)$/\1/p' | tail -n 1)
if [ -z "$status" ]; then
	echo "emulate.sh: the guest did not finish:" >&2
	tail -n 50 "$tmp/console" >&2
	tail -n 20 "$tmp/bochs.log" >&2 || true
	exit 125
fi
if ! grep -q '^flags.* avx512f.* avx512vl' "$tmp/console"; then
	echo "emulate.sh: the guest has no AVX-512" >&2
	exit 125
fi
exit "$status"
