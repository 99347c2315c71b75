/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_options.h - rows of option tables that `run`, `create` and `sandbox` share
 *
 * The target of each setter is a struct request.
 */
#pragma once

#include "cli/urun/network.h"
#include "cli/urun/request.h"

int set_add_host(void *target, const char *value, struct err *err);
int set_dns(void *target, const char *value, struct err *err);
int set_dns_option(void *target, const char *value, struct err *err);
int set_dns_search(void *target, const char *value, struct err *err);
int set_env(void *target, const char *value, struct err *err);
int set_env_file(void *target, const char *value, struct err *err);
int set_pidfile(void *target, const char *value, struct err *err);
int set_preserve_fds(void *target, const char *value, struct err *err);
int set_print_plan(void *target, const char *value, struct err *err);
int set_security_opt(void *target, const char *value, struct err *err);
int set_shm_size(void *target, const char *value, struct err *err);
int set_timeout(void *target, const char *value, struct err *err);
int set_ulimit(void *target, const char *value, struct err *err);
int set_umask(void *target, const char *value, struct err *err);
int set_workdir(void *target, const char *value, struct err *err);
int set_name(void *target, const char *value, struct err *err);

#define PROCESS_OPTIONS                                                                \
	{"env", 'e', "NAME[=VALUE]",                                                   \
	 "set a variable, or copy the caller's; PREFIX* copies many", set_env},        \
		{"env-file", 0, "FILE",                                                \
		 "read variables from a file, one a line; -e goes over it",            \
		 set_env_file},                                                        \
		{"pidfile", 0, "FILE",                                                 \
		 "write the host's number of the container's first process to a file", \
		 set_pidfile},                                                         \
		{"preserve-fds", 0, "N", "pass on the open descriptors 3 to 3+N-1",    \
		 set_preserve_fds},                                                    \
		{"print-plan", 0, NULL, "print the plan as JSON, and start nothing",   \
		 set_print_plan},                                                      \
		{"security-opt", 0, "OPT",                                             \
		 "no-new-privileges[=false], seccomp=FILE|unconfined, "                \
		 "apparmor=PROFILE|unconfined, mask=PATH, unmask=PATH|ALL, "           \
		 "proc-opts=OPTS",                                                     \
		 set_security_opt},                                                    \
		{"timeout", 0, "SECONDS", "kill the container after so many seconds",  \
		 set_timeout},                                                         \
		{"ulimit", 0, "NAME=SOFT[:HARD]",                                      \
		 "a resource limit of setrlimit(2), such as nofile; -1: none",         \
		 set_ulimit},                                                          \
	{                                                                              \
		"umask", 0, "OCTAL", "umask inside", set_umask                         \
	}

#define NAME_OPTIONS                                                                \
	{"add-host", 0, "NAME:IP",                                                  \
	 "add a line to /etc/hosts; host-gateway for IP is the host's address",     \
	 set_add_host},                                                             \
		{"dns", 0, "IP",                                                    \
		 "a name server for /etc/resolv.conf; none leaves that file alone", \
		 set_dns},                                                          \
		{"dns-option", 0, "OPT", "an option in /etc/resolv.conf",           \
		 set_dns_option},                                                   \
		{"dns-search", 0, "DOMAIN", "a search domain in /etc/resolv.conf",  \
		 set_dns_search},                                                   \
	{                                                                           \
		"publish", 'p', "PORTS",                                            \
			"connect ports of the host: [[IP:][HOSTPORT]:]PORT[/udp]",  \
			network_set_publish                                         \
	}
