# Sourced by the scripts: where things are, and how they speak. shellcheck shell=bash

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # used by those who source this
venv=$top/.venv
export HOME=${HOME:-/root} PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '%s\n' "$*" >&2; }
die() {
    say "error: $*"
    exit 1
}
