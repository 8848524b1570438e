#!/usr/bin/env bash
# Installs Chromium from Debian where there is none.
set -euo pipefail
command -v chromium >/dev/null && exit
if ! (apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium) >/dev/null; then
	echo "chromium is not here and apt-get cannot install it (root is needed)" >&2
	exit 1
fi
