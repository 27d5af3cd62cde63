#!/usr/bin/env bash
# Gets the program: takes VERSION (a release or `source`), gives `program=PATH` as the step's output. What was downloaded
# is used only if it is what the release's checksums say.

set -euo pipefail

fail() {
    echo "::error title=threepid::$*"
    exit 1
}

place="${RUNNER_TEMP:?}/threepid"
mkdir -p "$place"

if [ "$VERSION" = source ]; then
    command -v cargo >/dev/null || fail "version: source needs Rust on the runner; give a release instead, as version: v0.1.0"
    # The whole repository is there, not only the action.
    cargo build --release --locked --bin threepid --manifest-path "$ACTION/../../../Cargo.toml" --target-dir "$place/target"
    program="$place/target/release/threepid"
else
    [[ "$VERSION" =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] ||
        fail "version must be a release like v0.1.0, or source"
    case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) target=x86_64-unknown-linux-musl ;;
    Linux-aarch64 | Linux-arm64) target=aarch64-unknown-linux-musl ;;
    *) fail "there is no release for $(uname -s) on $(uname -m); give version: source" ;;
    esac
    archive="threepid-$target.tar.gz"
    for file in "$archive" SHA256SUMS; do
        curl --fail --silent --show-error --location --retry 3 --output "$place/$file" \
            "$SERVER/$REPOSITORY/releases/download/$VERSION/$file" ||
            fail "$file of the release $VERSION could not be downloaded from $REPOSITORY"
    done
    (cd "$place" && grep --fixed-strings -- "  $archive" SHA256SUMS | sha256sum --check --strict) ||
        fail "$archive is not what the SHA256SUMS of the release $VERSION say"
    tar --extract --gzip --file "$place/$archive" --directory "$place" threepid
    program="$place/threepid"
fi

"$program" --version
echo "program=$program" >>"${GITHUB_OUTPUT:?}"
