#!/usr/bin/env bash
# Installs Java 17 from Debian's packages, if no Java is here: Spark's engine.
set -euo pipefail
if ! command -v java >/dev/null; then
	if ! (apt-get -qq update && apt-get -qq install -y --no-install-recommends openjdk-17-jre-headless) >/dev/null; then
		echo "java is not here and apt-get cannot install it (root is needed)" >&2
		exit 1
	fi
fi
