# The program alone: a static binary, what it needs of a file system, and nothing else.
#
#     docker build --tag threepid .
#     docker run --rm --network host threepid run --homeserver http://127.0.0.1:8008

# Alpine's own target is musl, so the binary is static, on each architecture that the image is built for.
FROM rust:1.95-alpine AS build
WORKDIR /build
COPY . .
RUN cargo build --release --locked --bin threepid
# What it is made of: all crates with their versions, licences and checksums, in CycloneDX.
RUN cargo install cargo-cyclonedx --version 0.5.9 --locked && cargo cyclonedx --format json --describe binaries
# All of the image: the program, its bill of materials, the authorities behind the certificates of homeservers that are reached over https, and a
# place for what lives as long as a run, such as the certificates of its own identity server.
RUN mkdir -p /image/etc/ssl/certs \
    && mkdir -m 1777 /image/tmp \
    && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
    && cp target/release/threepid /image/ \
    && cp threepid_bin.cdx.json /image/threepid.cdx.json

FROM scratch
COPY --from=build /image /
# Nobody: it binds no port below 1024. To have reports written into a folder of yours, say `--user "$(id -u)"`.
USER 65532:65532
# Where mail is taken unless `--smtp-listen` says otherwise.
EXPOSE 2525
ENTRYPOINT ["/threepid"]
