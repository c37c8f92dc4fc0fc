#!/bin/sh
# What CI scripts do by hand, without their long polls: $1 is a free port, $2 the kubeconfig, $3 kubectl. Ends with its input.
ns=bench-$$
k() { "$kubectl" --kubeconfig "$config" -n "$ns" "$@"; }
port=$1 config=$2 kubectl=$3
k create namespace "$ns" >/dev/null
# Refused until the namespace has its account.
until k run mongo --image=mongo:6.0 --port=27017 --restart=Never >/dev/null 2>&1; do sleep 0.01; done
k wait --for=condition=Ready pod/mongo >/dev/null
# In a loop: a connection before the server listens ends kubectl's whole session (k/k #111825), and the script would hang.
(
  trap 'kill "$one"; exit' TERM
  while :; do
    "$kubectl" --kubeconfig "$config" -n "$ns" port-forward pod/mongo "$port:27017" >/dev/null 2>&1 &
    one=$!
    wait "$one"
  done
) &
forward=$!
echo "{\"url\":\"mongodb://127.0.0.1:$port/\"}"
read -r _
kill $forward
k delete namespace "$ns" --wait=false >/dev/null
echo '{"gone":0}'
