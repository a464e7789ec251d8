# Sourced by the scripts: where things are, and how they speak. shellcheck shell=bash

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # used by those who source this
venv=$top/.venv
export HOME=${HOME:-/root} PIP_DISABLE_PIP_VERSION_CHECK=1
# A clone that belongs to somebody else (as in some continuous integrations) is still ours to list.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=$top

say() { printf '%s\n' "$*" >&2; }
die() {
    say "error: $*"
    exit 1
}
