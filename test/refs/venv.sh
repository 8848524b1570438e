#!/bin/sh
# Makes the virtual environment of the reference tests in the folder given, or
# leaves it alone if it was made from the same requirements.
set -eu
venv=$1
here=$(dirname "$0")

recipe() {
	python3 --version
	cat "$here/requirements.txt" "$here/nocuda.py" "$0"
}

if [ -f "$venv/recipe" ] && recipe | cmp -s - "$venv/recipe"; then
	exit 0
fi
rm -rf "$venv"
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-deps --requirement "$here/requirements.txt"
"$venv/bin/python" "$here/nocuda.py"
recipe > "$venv/recipe"
