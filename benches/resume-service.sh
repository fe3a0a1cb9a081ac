#!/usr/bin/env bash
# The drop-in beside the AWS CLI: CPU time and peak memory of the whole process, for one resume of a service.
# Prints figures and asserts nothing; `bash benches/resume-service.sh [RUNS]`.
set -euo pipefail
cd "$(dirname "$0")/.."

runs=${1:-20}
cli=/usr/bin/aws
arn=arn:aws:apprunner:us-east-1:123456789012:service/python-app/8fe1e10304f84fd2b0df550fe98a71fa

cargo build --locked --release --quiet
reveille=${CARGO_TARGET_DIR:-target}/release/reveille

export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
export AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true AWS_PAGER=
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null

said=$(mktemp)
"$reveille" emulate --listen 127.0.0.1:0 --operation-time 0 --already accepts >"$said" &
emulator=$!
trap 'kill $emulator; rm -f "$said"' EXIT
until grep -q http "$said"; do sleep 0.1; done
url=$(grep -o -m 1 'http://[0-9.:]*' "$said")

# CPU milliseconds for one run, peak memory in MB.
measure() {
    local runs=$1
    shift
    /usr/bin/time -f '%U %S %M' bash -c 'for _ in $(seq "$0"); do "$@" >/dev/null; done' "$runs" "$@" \
        --service-arn "$arn" --endpoint-url "$url" 2>&1 | tail -n 1 |
        awk -v runs="$runs" '{ printf "%.2f %.1f\n", ($1 + $2) * 1000 / runs, $3 / 1024 }'
}

read -r cli_cpu cli_memory < <(measure "$runs" "$cli" apprunner resume-service)
read -r our_cpu our_memory < <(measure $((runs * 10)) "$reveille" resume-service)

"$cli" --version
awk -v a="$cli_cpu" -v b="$our_cpu" -v c="$cli_memory" -v d="$our_memory" 'BEGIN {
    printf "%-24s %12s %12s %10s\n", "", "aws", "reveille", "ratio"
    printf "%-24s %9.1f ms %9.1f ms %9.1fx\n", "CPU time of one resume", a, b, a / b
    printf "%-24s %9.1f MB %9.1f MB %9.1fx\n", "peak memory", c, d, c / d
}'
