#!/bin/sh
# Makes the certificates of this folder: for tests only, valid for 100 years (expired.pem: never), keys public by design.
set -eu
cd "$(dirname "$0")"
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
ca() {
  key "$1"
  openssl req -x509 -new -key "$1.key" -days 36500 -subj "/CN=$2" -out "$1.pem" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}
leaf() { # name, subject, extensions, days
  key "$1"
  printf '%s\n' "$3" > ext.tmp
  openssl req -new -key "$1.key" -subj "/CN=$2" | openssl x509 -req -CA ca.pem -CAkey ca.key -set_serial "$5" -days "$4" -extfile ext.tmp -out "$1.pem"
  rm ext.tmp
}
ca ca "RhythmX test CA"
ca other-ca "RhythmX other test CA"
leaf server localhost "subjectAltName=DNS:localhost,IP:127.0.0.1" 36500 2
leaf wrong-name elsewhere.example "subjectAltName=DNS:elsewhere.example" 36500 3
leaf expired localhost "subjectAltName=DNS:localhost,IP:127.0.0.1" -1 4
leaf client rhythmx-test-client "extendedKeyUsage=clientAuth" 36500 5
rm ca.key other-ca.key
