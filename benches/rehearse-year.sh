#!/usr/bin/env bash
# How long a rehearsal of a year with a thousand services takes, and whether its memory stays flat: prints the seconds
# and the peak of memory for a quarter, a half and the whole of it. Ends with 1 if the year needs more memory than the
# quarter and a half of that.
#
#   bash benches/rehearse-year.sh
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked --quiet
reveille=${CARGO_TARGET_DIR:-target}/release/reveille
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

{
    cat <<'TOML'
timezone = "Europe/Berlin"

[closed-days]
bavaria = ["2026-12-24..2027-01-06", "2027-03-26"]

[schedule.office]
hours = ["Mon-Thu 08:00-18:30", "Fri 08:00-16:00"]
closed = ["bavaria"]

[schedule.batch]
resume = "30 1 * * *"
pause = ["0 5 * * MON-FRI", "0 9 * * SAT,SUN"]
timezone = "UTC"

[schedule.overseas]
hours = "Mon-Sat 07:00-20:00"
timezone = "America/New_York"
TOML
    schedules=(office batch overseas)
    for n in $(seq 0 999); do
        printf '\n[[service]]\narn = "arn:aws:apprunner:us-east-1:123456789012:service/app-%d/%032x"\nschedule = "%s"\n' \
            "$n" "$n" "${schedules[n % 3]}"
    done
} > "$work/schedule.toml"

peaks=()
for days in 90 180 365; do
    /usr/bin/time -f '%e %M' -o "$work/figures" "$reveille" rehearse --config "$work/schedule.toml" \
        --from 2026-01-01 --days "$days" --seed 1 > "$work/drawing"
    read -r seconds peak < "$work/figures"
    calls=$(sed -n 's/^API calls *//p' "$work/drawing")
    printf '%3d days of 1,000 services: %6.2f s, %5.1f MB, %s API calls\n' \
        "$days" "$seconds" "$(awk "BEGIN { print $peak / 1024 }")" "$calls"
    peaks+=("$peak")
done
if [ $((peaks[2] * 2)) -gt $((peaks[0] * 3)) ]; then
    echo "the memory of a rehearsal grows with its length" >&2
    exit 1
fi
