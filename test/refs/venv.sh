#!/bin/sh
# venv.sh DIR [REQUIREMENTS] makes a virtual environment in the folder DIR, that
# of the reference tests if no other requirements are named, or leaves it alone
# if it was made from the same ones.
set -eu
venv=$1
here=$(dirname "$0")
requirements=${2:-"$here/requirements.txt"}

recipe() {
	python3 --version
	cat "$requirements" "$here/nocuda.py" "$0"
}

if [ -f "$venv/recipe" ] && recipe | cmp -s - "$venv/recipe"; then
	exit 0
fi
rm -rf "$venv"
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-deps --requirement "$requirements"
if grep -q '^torch==' "$requirements"; then
	"$venv/bin/python" "$here/nocuda.py"
fi
recipe > "$venv/recipe"
