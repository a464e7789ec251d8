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

# The parts of a verb, one after another, each with its duration.
phases=()
phase_name=""
# phase NAME: what follows belongs to it.
phase() {
    end_phase
    phase_name=$1
    phase_began=$SECONDS
    say "== $phase_name"
}
end_phase() {
    [ -n "$phase_name" ] || return 0
    took "$((SECONDS - phase_began))" "$phase_name"
    say "== $phase_name: $((SECONDS - phase_began)) s"
    phase_name=""
}
# took SECONDS NAME: a row of the table of durations.
took() { phases+=("$(printf '%6d s  %s' "$1" "$2")"); }
durations() {
    end_phase
    say "== where the time went"
    printf '%s\n' "${phases[@]}" >&2
    printf '%6d s  altogether\n' "$SECONDS" >&2
}

# Work in the background ends with us: whoever interrupts us does not want it to go on.
end_with_us() {
    trap stop_jobs EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}
stop_jobs() {
    local job
    for job in $(jobs -rp); do
        stop_tree "$job"
    done
}
# stop_tree PID: ends a process after everything below it.
stop_tree() {
    local children=() child
    read -ra children 2>/dev/null <"/proc/$1/task/$1/children" || true
    for child in ${children[@]+"${children[@]}"}; do
        stop_tree "$child"
    done
    kill "$1" 2>/dev/null || true
}
