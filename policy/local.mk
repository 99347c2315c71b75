# SPDX-License-Identifier: Apache-2.0
#
# seccomp_default.h is the profile as bytes; seccomp_builtin.h the programs made of it.

dist_pkgdata_DATA = policy/seccomp.json
CLEANFILES += policy/seccomp_default.h policy/seccomp_builtin.h

policy/seccomp_default.h: policy/seccomp.json
	$(AM_V_GEN)$(MKDIR_P) policy && { \
	  echo 'static const unsigned char seccomp_default_json[] = {' && \
	  od -An -v -tx1 $(srcdir)/policy/seccomp.json | \
	    $(SED) -e 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g' && \
	  echo '};'; } > $@.tmp && mv $@.tmp $@

policy/seccomp_builtin.h: urun-seccomp$(EXEEXT) policy/seccomp.json
	$(AM_V_GEN)$(MKDIR_P) policy && \
	  ./urun-seccomp$(EXEEXT) header $(srcdir)/policy/seccomp.json > $@.tmp && mv $@.tmp $@
