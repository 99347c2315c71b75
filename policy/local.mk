# SPDX-License-Identifier: Apache-2.0
#
# seccomp_default.h and seccomp_owners.h are profiles as bytes: the default one, and what a
# container with one id gets beside it (docs/security.md). seccomp_terminal.json is for whoever has
# the caller's terminal. seccomp_builtin.h has the programs made of them.

seccomp_profiles = policy/seccomp.json policy/seccomp_owners.json policy/seccomp_terminal.json
dist_pkgdata_DATA = policy/seccomp.json
EXTRA_DIST += policy/seccomp_owners.json policy/seccomp_terminal.json
CLEANFILES += policy/seccomp_default.h policy/seccomp_owners.h policy/seccomp_builtin.h

to_bytes = $(MKDIR_P) policy && { \
	  echo "static const unsigned char $${name}_json[] = {" && \
	  od -An -v -tx1 "$$from" | \
	    $(SED) -e 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g' && \
	  echo '};'; } > $@.tmp && mv $@.tmp $@

policy/seccomp_default.h: policy/seccomp.json
	$(AM_V_GEN)name=seccomp_default from=$(srcdir)/policy/seccomp.json && $(to_bytes)

policy/seccomp_owners.h: policy/seccomp_owners.json
	$(AM_V_GEN)name=seccomp_owners from=$(srcdir)/policy/seccomp_owners.json && $(to_bytes)

policy/seccomp_builtin.h: urun-seccomp$(EXEEXT) $(seccomp_profiles)
	$(AM_V_GEN)$(MKDIR_P) policy && \
	  ./urun-seccomp$(EXEEXT) header $(srcdir)/policy/seccomp.json \
	    $(srcdir)/policy/seccomp_owners.json \
	    $(srcdir)/policy/seccomp_terminal.json > $@.tmp && mv $@.tmp $@
