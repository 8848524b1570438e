#!/bin/sh
# Fetches ONNX's backend test cases with the given Python's pip into a folder,
# or leaves it alone if they are there. Newer packages do not carry all of them.
set -eu
python=$1
folder=$2
version=1.22.0

if [ -f "$folder/version" ] && [ "$(cat "$folder/version")" = "$version" ]; then
	exit 0
fi
rm -rf "$folder"
mkdir -p "$folder/wheel"
"$python" -m pip download --quiet --disable-pip-version-check --no-cache-dir --no-deps --only-binary=:all: --dest "$folder/wheel" "onnx==$version"
"$python" - "$folder" <<'PYTHON'
import glob, sys, zipfile

folder = sys.argv[1]
prefix = "onnx/backend/test/data/"
with zipfile.ZipFile(glob.glob(folder + "/wheel/*.whl")[0]) as wheel:
    for entry in wheel.infolist():
        if entry.filename.startswith(prefix) and not entry.is_dir():
            entry.filename = entry.filename[len(prefix):]
            wheel.extract(entry, folder)
PYTHON
rm -r "$folder/wheel"
echo "$version" > "$folder/version"
