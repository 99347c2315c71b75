// SPDX-License-Identifier: Apache-2.0
/*
 * uts.c - host name and domain name
 */
#include "sys/uts.h"
#include "stage/stage.h"

static bool wanted(const struct plan *plan)
{
	return plan->hostname || plan->spec->domainname;
}

static int apply(struct run *run, struct err *err)
{
	const char *domain = run->plan->spec->domainname;
	int r;

	if (run->plan->hostname) {
		r = uts_set_hostname(run->plan->hostname);
		if (r < 0)
			return err_set(err, r, "host name '%s'", run->plan->hostname);
	}
	if (domain) {
		r = uts_set_domainname(domain);
		if (r < 0)
			return err_set(err, r, "domain name '%s'", domain);
	}
	return 0;
}

const struct stage stage_uts = {"uts", PHASE_NS, wanted, apply};
