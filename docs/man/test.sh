#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# test.sh - the manual pages: complete, and without complaint of those who read them
#
# Run in the build folder.
set -u

n=0

# Says "ok" when the text $2 is empty.
judge() {
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		printf '%s\n' "$2" | sed 's/^/# /'
	fi
}

skip() {
	n=$((n + 1))
	if [ -n "${URUN_TEST_STRICT-}" ]; then
		echo "not ok $n - $1: $2"
	else
		echo "ok $n - $1 # SKIP $2"
	fi
}

for verb in run sandbox; do
	missing=
	for option in $(./urun __options $verb list | cut -f1) --help; do
		roff=$(printf '%s' "$option" | sed 's/-/\\-/g')
		grep -qF "\\fB$roff\\fR" docs/man/urun-$verb.1 || grep -qxF ".B $roff" docs/man/urun-$verb.1 ||
			missing="$missing $option"
	done
	judge "every option of $verb is in urun-$verb(1)" "$missing"
done

missing=
for name in sandbox build desktop; do
	grep -qxF ".B $name" docs/man/urun-policy.5 || missing="$missing $name"
done
judge "every policy is in urun-policy(5)" "$missing"

missing=
for verb in $(./urun --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
	grep -qE "^\\.BR? $verb( |\$)" docs/man/urun.1 || missing="$missing $verb"
done
judge "every command is in urun(1)" "$missing"

missing=
for command in $(./urun-oci __options names); do
	grep -qxF ".B urun-oci $command" docs/man/urun-oci.1 || missing="$missing $command"
	for option in $(./urun-oci __options "$command" | cut -f1); do
		roff=$(printf '%s' "$option" | sed 's/-/\\-/g')
		grep -qF "\\fB$roff\\fR" docs/man/urun-oci.1 || missing="$missing $command:$option"
	done
done
judge "every command of urun-oci is in urun-oci(1), with its options" "$missing"

missing=
for option in $(./urun-bwrap --help | sed -n 's/^ *--\([a-z0-9-]*\).*/\1/p'); do
	roff=$(printf '%s' "$option" | sed 's/-/\\-/g')
	grep -qF "\\fB\\-\\-$roff\\fR" docs/man/urun-bwrap.1 || missing="$missing $option"
	grep -qE "^\| .--${option}(.| .*) \|" "${srcdir:-.}/docs/bwrap.md" || missing="$missing bwrap.md:$option"
done
judge "every option of urun-bwrap is in urun-bwrap(1), and in docs/bwrap.md" "$missing"

for page in docs/man/*.1 docs/man/*.5; do
	judge "${page##*/}: nothing is left to be replaced" "$(grep -n '@[A-Za-z]*@' "$page")"
	if man --version >/dev/null 2>&1; then
		judge "${page##*/}: man" \
			"$(LC_ALL=C.UTF-8 man --warnings -l "$page" 2>&1 >/dev/null)"
	else
		skip "${page##*/}: man" "no man of man-db"
	fi
	if command -v mandoc >/dev/null; then
		judge "${page##*/}: mandoc" "$(mandoc -T lint "$page" 2>&1)"
	else
		skip "${page##*/}: mandoc" "no mandoc"
	fi
done
echo "1..$n"
