#!/bin/bash
# Shows the main job from the first sync to an undo, in a temporary folder: scripts/demo.sh COMMAND
# A folder plays the cloud, so no account is needed. Fails if anything ends up other than it should. DEMO_PAUSE=SECONDS slows it down.
set -euo pipefail

command=$(realpath "${1:?usage: demo.sh COMMAND}")
pause=${DEMO_PAUSE:-0}
here=$(mktemp -d "${TMPDIR:-/tmp}/isobar-demo-XXXXXX")
trap 'rm -rf "$here"' EXIT
cd "$here"
mkdir laptop cloud
export ISOBAR_STATE="$here/state" HOME="$here" LC_ALL=C.UTF-8
unset ISOBAR_CONFIG ISOBAR_CONFLICT

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' blue=$'\e[36m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' dim='' blue='' green='' red='' plain=''
fi

chapter() { sleep "$pause"; printf '\n%s%s%s\n' "$bold$blue" "$1" "$plain"; }
tell() { printf '  %s%s%s\n' "$dim" "$*" "$plain"; }

# run WORDS...: shows the command as one would type it, runs it, indents what it says; its exit code is kept.
status=0
run() {
  # People are slower than the clock of a file system, which cannot tell two edits within a few milliseconds apart.
  sleep 0.05
  sleep "$pause"
  printf '\n  %s$ isobar%s%s\n' "$bold" "$(printf ' %s' "$@")" "$plain"
  status=0
  if [ -t 1 ]; then export CLICOLOR_FORCE=1; fi
  "$command" "$@" >"$here/said" 2>&1 || status=$?
  sed 's/^/    /' "$here/said"
}

# names FOLDER: its tree as text, without what Isobar keeps for itself.
names() {
  (cd "$1" && find . -path ./.isobar -prune -o ! -path . -print | LC_ALL=C sort) | while IFS= read -r path; do
    local rest=${path#./} indent=''
    while [ "$rest" != "${rest#*/}" ]; do indent+='  '; rest=${rest#*/}; done
    if [ -d "$1/$path" ]; then printf '%s%s/\n' "$indent" "$rest"; else printf '%s%s  (%s)\n' "$indent" "$rest" "$(head -n 1 "$1/$path" | cut -c 1-22)"; fi
  done
}

# Both trees beside each other; one where they are equal.
both_sides() {
  if [ "$(names laptop)" = "$(names cloud)" ]; then
    printf '\n    %slaptop/ and cloud/%s\n' "$bold" "$plain"
    names laptop | sed 's/^/    /'
  else
    printf '\n    %s%-36s%s%s\n' "$bold" laptop/ cloud/ "$plain"
    paste -d $'\x01' <(names laptop) <(names cloud) | while IFS=$'\x01' read -r left right; do printf '    %-36s%s\n' "$left" "$right"; done
  fi
}

expect() {
  local what=$1
  shift
  if ! "$@"; then
    printf '\n%sThe demonstration failed: %s%s\n' "$red" "$what" "$plain" >&2
    exit 1
  fi
}
ended_with() { [ "$status" = "$1" ]; }
in_step() { diff -r --exclude=.isobar laptop cloud; }
holds() { [ "$(cat "$1")" = "$2" ]; }
gone() { [ ! -e "$1" ]; }

chapter '1. A folder goes to the cloud'
mkdir laptop/photos
printf 'plan: sail to Elba\n' >laptop/plan.txt
printf 'milk, bread\n' >laptop/shopping.txt
printf 'harbour\n' >laptop/photos/day-1.jpg
printf 'storm\n' >laptop/photos/day-2.jpg
tell 'Four files on the laptop; the cloud (here: a folder) is empty.'
both_sides
run sync laptop cloud
expect 'the first sync does not end well' ended_with 0
both_sides
expect 'the sides differ after the first sync' in_step

chapter '2. Work on both sides comes together'
tell 'The laptop gets a new photo; somebody else adds bread rolls to the list in the cloud.'
printf 'island\n' >laptop/photos/day-3.jpg
printf 'milk, bread, rolls\n' >cloud/shopping.txt
both_sides
run sync --dry-run laptop cloud
expect 'the plan was carried out, although only shown' gone cloud/photos/day-3.jpg
run sync laptop cloud
expect 'the second sync does not end well' ended_with 0
both_sides
expect 'the photo did not arrive' holds cloud/photos/day-3.jpg island
expect 'the shopping list did not arrive' holds laptop/shopping.txt 'milk, bread, rolls'

chapter '3. A conflict: nothing is lost'
tell 'The plan is changed on both sides at once, differently.'
printf 'plan: sail to Corsica\n' >laptop/plan.txt
printf 'plan: stay at home\n' >cloud/plan.txt
both_sides
run sync laptop cloud
expect 'the conflict ends badly' test "$status" = 0 -o "$status" = 3
both_sides
expect 'the sides differ after the conflict' in_step
plans=$(cat laptop/plan* | sort | tr '\n' '|')
expect "both plans should be there, but there is: $plans" test "$plans" = 'plan: sail to Corsica|plan: stay at home|'

chapter '4. A renamed folder is moved, not sent again'
mv laptop/photos laptop/elba-2026
rm laptop/plan.conflict-*
tell 'photos/ is now elba-2026/ on the laptop. The other plan is off.'
both_sides
run sync laptop cloud
expect 'the move does not end well' ended_with 0
both_sides
expect 'the sides differ after the move' in_step
expect 'the old folder is still there' gone cloud/photos

chapter '5. A delete, and second thoughts'
rm laptop/elba-2026/day-2.jpg
tell 'The picture of the storm is deleted on the laptop.'
run sync laptop cloud
expect 'the delete does not end well' ended_with 0
expect 'the delete did not arrive' gone cloud/elba-2026/day-2.jpg
both_sides
tell ''
tell 'It was the best one. What a run deletes waits in the trash; undo takes the run back.'
run undo
expect 'undo does not end well' ended_with 0
run sync laptop cloud
expect 'the sync after undo does not end well' ended_with 0
both_sides
expect 'the picture did not come back' holds laptop/elba-2026/day-2.jpg storm
expect 'the sides differ after undo' in_step

chapter '6. With nothing to do, nothing is done'
run sync laptop cloud --json
expect 'the last sync does not end well' ended_with 0
expect 'something was transferred, though nothing had changed' grep -q '"transferred":[[:space:]]*0' "$here/said"

printf '\n%sBoth sides are equal, and no version was lost.%s\n' "$bold$green" "$plain"
