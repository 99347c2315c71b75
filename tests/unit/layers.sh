#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# layers.sh - looks at the sources alone: who includes whom, who reads errno, what nobody calls
#
# base < sys < spec < plan, image < stage < engine < cli: a file includes headers of its own
# folder and of lower ones. plan/ sees the host through sys/host.h only, so that a test can
# make one up.

set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")/../.." || exit 99

count=0

# report NAME PROBLEMS: one line of TAP; PROBLEMS is empty when all is well
report()
{
	count=$((count + 1))
	if [ -z "$2" ]; then
		echo "ok $count - $1"
		return
	fi
	echo "not ok $count - $1"
	printf '%s\n' "$2" | sed 's/^/# /'
}

# The place of a folder in the order, 0 for none.
rank()
{
	case $1 in
	base) echo 1 ;;
	sys) echo 2 ;;
	spec) echo 3 ;;
	plan | image) echo 4 ;;
	stage) echo 5 ;;
	engine) echo 6 ;;
	cli) echo 7 ;;
	*) echo 0 ;;
	esac
}

# may_include LAYER HEADER: what is wrong with it, if anything
may_include()
{
	case $2 in
	*/*) ;;
	seccomp_builtin.h)
		[ "$1" = stage ] || echo "$2 is for stage"
		return
		;;
	sandbox_policies.h)
		[ "$1" = cli ] || echo "$2 is for cli"
		return
		;;
	*)
		echo "$2 has no folder"
		return
		;;
	esac
	of=${2%%/*}
	if [ ! -f "src/$2" ]; then
		echo "there is no $2"
	elif [ "$of" = "$1" ]; then
		:
	elif [ "$(rank "$of")" -ge "$(rank "$1")" ]; then
		echo "$2 is not of a lower layer"
	elif [ "$1" = plan ] && [ "$of" = sys ] && [ "$2" != sys/host.h ]; then
		echo "$2: of sys, only sys/host.h is for plan"
	fi
}

# Sources without comments and without what is in quotes: "file:line: text".
bare()
{
	awk '
	FNR == 1 { comment = 0 }
	{
		out = ""
		n = length($0)
		for (i = 1; i <= n; i++) {
			c = substr($0, i, 1)
			two = substr($0, i, 2)
			if (comment) {
				if (two == "*/") {
					comment = 0
					i++
				}
			} else if (two == "/*") {
				comment = 1
				i++
			} else if (two == "//") {
				break
			} else if (c == "\"" || c == "\047") {
				for (i++; i <= n && substr($0, i, 1) != c; i++)
					if (substr($0, i, 1) == "\\")
						i++
				out = out c c
			} else {
				out = out c
			}
		}
		print FILENAME ":" FNR ": " out
	}' "$@"
}

# calls NAMES: lines of bare text that call one of these
calls()
{
	grep -E "(^|[^A-Za-z0-9_.>])($1) *\\("
}

files=$(find src -name '*.[ch]' | sort)
[ -n "$files" ] || { echo "Bail out! no sources in $(pwd)"; exit 99; }
# No name of a source has a blank: the lists are split on purpose.
# shellcheck disable=SC2046,SC2086
bare_text=$(bare $files $(find helpers -name '*.[ch]' | sort))

for f in $files; do
	layer=${f#src/}
	layer=${layer%%/*}
	problems=
	[ "$(rank "$layer")" -gt 0 ] || problems="$layer is no layer"
	# shellcheck disable=SC2013
	for h in $(sed -n 's/^ *# *include *"\(.*\)".*/\1/p' "$f"); do
		p=$(may_include "$layer" "$h")
		[ -z "$p" ] || problems="${problems:+$problems
}$p"
	done
	report "$f includes only what is below it" "$problems"
done

# shellcheck disable=SC2086
report "only src/base/json.c includes the JSON library" "$(grep -l \
	'^ *# *include *[<"]jansson' $files helpers/*.[ch] | grep -v '^src/base/json\.c$')"

report "errno is read in src/sys only" "$(printf '%s\n' "$bare_text" |
	grep '^src/' | grep -v '^src/sys/' | grep -v '# *include' |
	grep -E '(^|[^A-Za-z0-9_.>])errno([^A-Za-z0-9_]|$)')"

report "the lower layers neither print nor exit" "$(printf '%s\n' "$bare_text" |
	grep '^src/' | grep -v '^src/cli/' |
	calls 'v?f?printf|f?puts|putchar|perror|v?errx?|v?warnx?|exit|abort')"

report "nobody calls what cuts, overruns or guesses" "$(printf '%s\n' "$bare_text" |
	calls 'str(n?cat|cpy|tok)|v?sprintf|gets|ato(i|l|ll|f)|alloca|system|popen|mktemp|tmpnam')"

echo "1..$count"
