#!/usr/bin/env bash
# import.bash DIRECTORY NAME: a certificate as an operator buys it: an authority, one below it, the bundle of the server with the
# chain, its key, and another key that does not belong to it.
set -euo pipefail
cd "$1"

# sign NAME SUBJECT ISSUER EXTENSIONS: NAME.pem for the key NAME.key.
sign() {
    openssl req -new -newkey rsa:2048 -nodes -keyout "$1.key" -subj "$2" -out "$1.csr" 2>/dev/null
    openssl x509 -req -in "$1.csr" -CA "$3.pem" -CAkey "$3.key" -CAcreateserial -days 20 -out "$1.pem" \
        -extfile <(printf '%s\n' "$4") 2>/dev/null
}

openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=Root' -keyout root.key -out root.pem 2>/dev/null
sign issuer '/CN=Issuer' root 'basicConstraints=critical,CA:TRUE,pathlen:0'
sign server "/CN=$2" issuer "subjectAltName=DNS:$2,DNS:*.$2"
cat server.pem issuer.pem >bundle.pem
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out other.key 2>/dev/null
