#!/bin/bash
# How the sample logs were made. Two weeks of one site, cut where logrotate cut them; one week of three sites.
set -eu
cd "$(dirname "$0")"
generate() { python3 ../benchmarks/generate_log.py --seed 7 --documentation-addresses "$@"; }

generate --lines 1900 --days 14 --start 2025-04-21 --pages 60 --utc-offsets +0200 -o fortnight.tmp
grep -E '\[2[1-7]/Apr/' fortnight.tmp | gzip -9n > access.log.1.gz
grep -vE '\[2[1-7]/Apr/' fortnight.tmp > access.log
rm fortnight.tmp
generate --lines 400 --days 7 --start 2025-04-28 --pages 40 --format vhost --users 0.05 --utc-offsets +0200,+0000 \
    --hosts www.example.org,shop.example.org,blog.example.org -o vhost.log
