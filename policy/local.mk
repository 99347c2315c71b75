# SPDX-License-Identifier: Apache-2.0
#
# seccomp_default.h and seccomp_owners.h are profiles as bytes: the default one, and what a
# container with one id gets beside it (docs/security.md). seccomp_terminal.json is for whoever has
# the caller's terminal. seccomp_builtin.h has the programs made of them.
#
# sandbox, build and desktop are policies of `urun sandbox`, urun-policy(5): built in, and installed to be
# read and copied.

seccomp_profiles = policy/seccomp.json policy/seccomp_owners.json policy/seccomp_terminal.json
dist_pkgdata_DATA = policy/seccomp.json
EXTRA_DIST += policy/seccomp_owners.json policy/seccomp_terminal.json
policydir = $(pkgdatadir)/policy
dist_policy_DATA = policy/sandbox policy/build policy/desktop
CLEANFILES += policy/sandbox_policies.h
CLEANFILES += policy/seccomp_default.h policy/seccomp_owners.h policy/seccomp_builtin.h

# Of the file $from, the array $name.
to_bytes = \
	  echo "static const unsigned char $${name}[] = {" && \
	  od -An -v -tx1 "$$from" | \
	    $(SED) -e 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g' && \
	  echo '};'

policy/seccomp_default.h: policy/seccomp.json
	$(AM_V_GEN)$(MKDIR_P) policy && name=seccomp_default_json && \
	  from=$(srcdir)/policy/seccomp.json && { $(to_bytes); } > $@.tmp && mv $@.tmp $@

policy/seccomp_owners.h: policy/seccomp_owners.json
	$(AM_V_GEN)$(MKDIR_P) policy && name=seccomp_owners_json && \
	  from=$(srcdir)/policy/seccomp_owners.json && { $(to_bytes); } > $@.tmp && mv $@.tmp $@

policy/sandbox_policies.h: $(dist_policy_DATA)
	$(AM_V_GEN)$(MKDIR_P) policy && for file in $(dist_policy_DATA); do \
	  name=policy_$${file##*/} && from=$(srcdir)/$$file && { $(to_bytes); } || exit 1; \
	done > $@.tmp && mv $@.tmp $@

policy/seccomp_builtin.h: urun-seccomp$(EXEEXT) $(seccomp_profiles)
	$(AM_V_GEN)$(MKDIR_P) policy && \
	  ./urun-seccomp$(EXEEXT) header $(srcdir)/policy/seccomp.json \
	    $(srcdir)/policy/seccomp_owners.json \
	    $(srcdir)/policy/seccomp_terminal.json > $@.tmp && mv $@.tmp $@
