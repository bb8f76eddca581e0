#!/bin/sh
# Makes the certificates of this folder anew, with openssl 3: an authority, and two certificates that it vouches for.
set -eu
days=36500
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -days $days \
    -subj "/CN=Trailmark test authority" -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign" \
    -addext "subjectKeyIdentifier=hash"
for name in first second; do
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $name.key -out $name.csr -subj "/CN=$name"
    printf '%s\n' "basicConstraints=CA:FALSE" "subjectKeyIdentifier=hash" "authorityKeyIdentifier=keyid" \
        "extendedKeyUsage=serverAuth" \
        "subjectAltName=DNS:localhost,DNS:$name.example,DNS:*.team.example,IP:127.0.0.1,IP:::1" > $name.ext
    openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $name.pem -days $days -extfile $name.ext
done
openssl pkcs8 -topk8 -in first.key -out locked.key -passout pass:secret
rm -f ./*.csr ./*.ext ./*.srl ca.key
