#!/usr/bin/env bash
# Runs the program: takes the action's inputs as environment variables, gives `outcome`, `exit-code` and `report` as the
# step's outputs (the program adds its counts). It ends with 0 whatever was found out, so that the reports are uploaded;
# the action's last step ends with the exit code.

set -euo pipefail

conclude() { # CODE
    local outcome
    case "$1" in
    0) outcome=conformant ;;
    1) outcome=not-conformant ;;
    2) outcome=wrong-usage ;;
    4) outcome=nothing-selected ;;
    130) outcome=interrupted ;;
    *) outcome=could-not-tell ;;
    esac
    printf '%s\n' "outcome=$outcome" "exit-code=$1" >>"${GITHUB_OUTPUT:?}"
    exit 0
}

# The lines of a text, without empty ones and without the blanks around them.
lines() {
    sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' -e '/^$/d' <<<"$1"
}

# With `$start` in a process group of its own, all that the command started and left in the foreground ends with it.
server=
# shellcheck disable=SC2317,SC2329 # a trap calls it
stop() {
    if [ -n "$server" ] && kill -TERM -- "-$server" 2>/dev/null; then
        timeout 10 tail --pid="$server" --follow /dev/null || kill -KILL -- "-$server" 2>/dev/null || true
    fi
}
trap stop EXIT

mkdir -p "$OUTPUT"
echo "report=$OUTPUT" >>"${GITHUB_OUTPUT:?}"

if [ -n "$START_COMMAND" ]; then
    log="$OUTPUT/homeserver.log"
    refuse() {
        echo "::error title=threepid::$1"
        echo "the last lines of $log:"
        tail -n 50 "$log"
        conclude "$2"
    }
    : >"$log"
    [ -n "$HOMESERVER" ] || refuse "start-command needs homeserver: where does it answer?" 2
    [[ "$START_TIMEOUT" =~ ^[0-9]+$ ]] || refuse "start-timeout must be a number of seconds" 2
    set -m
    bash -c "$START_COMMAND" >"$log" 2>&1 </dev/null &
    server=$!
    set +m
    # Until it answers at all: what it answers is for the program to say.
    curl --silent --output /dev/null --max-time 10 --retry 1000000 --retry-max-time "$START_TIMEOUT" --retry-delay 1 \
        --retry-all-errors "${HOMESERVER%/}/_matrix/client/versions" &
    answer=$!
    # Whichever comes first: there is no use in waiting for a server that has failed. One that went to the background by
    # itself ended with 0, and is waited for.
    code=0
    wait -n -p first "$server" "$answer" || code=$?
    if [ "$first" = "$server" ] && [ "$code" -ne 0 ]; then
        kill "$answer" 2>/dev/null || true
        refuse "the homeserver ended with $code before it answered at $HOMESERVER" 3
    fi
    if [ "$first" = "$server" ]; then
        code=0
        wait "$answer" || code=$?
    fi
    [ "$code" -eq 0 ] || refuse "the homeserver did not answer at $HOMESERVER within $START_TIMEOUT s" 3
fi

arguments=(--output "$OUTPUT" --fail-on "$FAIL_ON")
[ -z "$HOMESERVER" ] || arguments+=(--homeserver "$HOMESERVER")
[ -z "$TARGET" ] || arguments+=(--target "$TARGET")
[ -z "$PUBLIC_URL" ] || arguments+=(--public-url "$PUBLIC_URL")
[ -z "$SMTP_LISTEN" ] || arguments+=(--smtp-listen "$SMTP_LISTEN")
[ -z "$ACCOUNTS" ] || arguments+=(--accounts "$ACCOUNTS")
while IFS= read -r need; do arguments+=(--offers "$need"); done < <(lines "$OFFERS")
while IFS= read -r argument; do arguments+=("$argument"); done < <(lines "$ARGS")
arguments+=(--)
while IFS= read -r name; do arguments+=("$name"); done < <(lines "$FILTER")

# Set and empty, they would count as given.
[ -n "$THREEPID_REGISTRATION_TOKEN" ] || unset THREEPID_REGISTRATION_TOKEN
[ -n "$THREEPID_REGISTRATION_SHARED_SECRET" ] || unset THREEPID_REGISTRATION_SHARED_SECRET

code=0
"$PROGRAM" run "${arguments[@]}" || code=$?
conclude "$code"
