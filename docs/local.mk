# SPDX-License-Identifier: Apache-2.0
#
# The manual pages are made when urun is built: the options in them are the table's that urun
# itself reads (src/cli/urun/run_options.c). The shells ask urun when they complete.

dist_doc_DATA = $(wildcard $(srcdir)/docs/*.md)

man1_MANS = \
	docs/man/urun.1 \
	docs/man/urun-bwrap.1 \
	docs/man/urun-doctor.1 \
	docs/man/urun-images.1 \
	docs/man/urun-info.1 \
	docs/man/urun-oci.1 \
	docs/man/urun-run.1 \
	docs/man/urun-sandbox.1
man5_MANS = docs/man/urun-policy.5
CLEANFILES += $(man1_MANS) $(man5_MANS) docs/man/run.options docs/man/sandbox docs/man/commands docs/man/verbs docs/man/global docs/man/oci docs/man/bwrap
EXTRA_DIST += $(man1_MANS:.1=.1.in) $(man5_MANS:.5=.5.in)

docs/man/run.options: urun$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) docs/man && ./urun$(EXEEXT) __options run man > $@.tmp && \
	  mv $@.tmp $@

docs/man/sandbox: urun$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) docs/man && ./urun$(EXEEXT) __options sandbox man > $@.tmp && \
	  mv $@.tmp $@

docs/man/commands docs/man/verbs: urun$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) docs/man && ./urun$(EXEEXT) __options $(@F) > $@.tmp && \
	  mv $@.tmp $@

docs/man/global docs/man/oci: urun-oci$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) docs/man && ./urun-oci$(EXEEXT) __options man-$(@F) > $@.tmp && \
	  mv $@.tmp $@

docs/man/bwrap: urun-bwrap$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) docs/man && ./urun-bwrap$(EXEEXT) __options > $@.tmp && mv $@.tmp $@

# "@OPTIONS@", "@COMMANDS@" and their like alone on a line become what the programs say of themselves. The
# brackets keep config.status off.
$(man1_MANS) $(man5_MANS): %: $(srcdir)/%.in docs/man/run.options docs/man/sandbox docs/man/commands docs/man/verbs \
		docs/man/global docs/man/oci docs/man/bwrap
	$(AM_V_GEN)$(SED) -e '/^@OPTIONS@$$/{' -e 'r docs/man/run.options' -e 'd' -e '}' \
	  -e '/^@SANDBOX@$$/{' -e 'r docs/man/sandbox' -e 'd' -e '}' \
	  -e '/^@COMMANDS@$$/{' -e 'r docs/man/commands' -e 'd' -e '}' \
	  -e '/^@VERBS@$$/{' -e 'r docs/man/verbs' -e 'd' -e '}' \
	  -e '/^@GLOBAL@$$/{' -e 'r docs/man/global' -e 'd' -e '}' \
	  -e '/^@BWRAP@$$/{' -e 'r docs/man/bwrap' -e 'd' -e '}' \
	  -e '/^@OCI@$$/{' -e 'r docs/man/oci' -e 'd' -e '}' \
	  -e 's|[@]VERSION@|$(VERSION)|' -e 's|[@]pkgdatadir@|$(pkgdatadir)|' \
	  -e 's|[@]pkglibexecdir@|$(pkglibexecdir)|' $< > $@.tmp && mv $@.tmp $@

bashcompdir = $(datadir)/bash-completion/completions
zshcompdir = $(datadir)/zsh/site-functions
fishcompdir = $(datadir)/fish/vendor_completions.d
dist_bashcomp_DATA = docs/completion/urun docs/completion/urun-bwrap docs/completion/urun-oci
dist_zshcomp_DATA = docs/completion/_urun docs/completion/_urun-bwrap docs/completion/_urun-oci
dist_fishcomp_DATA = docs/completion/urun.fish docs/completion/urun-bwrap.fish \
	docs/completion/urun-oci.fish

docs_tests = docs/completion/test.sh docs/man/test.sh
TESTS += $(docs_tests)
EXTRA_DIST += $(docs_tests)
