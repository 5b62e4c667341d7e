#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The conformance vectors. Prints TAP.
# usage: tests/check_vectors.sh BUILD
build=${1:?usage: tests/check_vectors.sh BUILD}
cd "$(dirname "$0")/.." || exit 1
exec "$build/ioasim" vectors --tap tests/vectors/*.vec.yaml.gz
