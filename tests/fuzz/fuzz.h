/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz.h - what a fuzz target and its two drivers agree on
 *
 * A target is one function that takes bytes. libFuzzer's own main drives it in the
 * fuzz-NAME programs, replay.c in the tests.
 */
#pragma once

#include "base/macros.h"

/**
 * LLVMFuzzerTestOneInput() - read one input, and check what came of it
 * @data, @size: borrowed
 *
 * Aborts when something is wrong that no sanitizer sees: fuzz_check().
 * Source: https://llvm.org/docs/LibFuzzer.html. Return: 0.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program with a message on stderr unless a claim holds. */
#define fuzz_check(claim, ...) ((claim) ? (void)0 : fuzz_fail(#claim, __VA_ARGS__))
_noreturn_ void fuzz_fail(const char *claim, const char *fmt, ...) _printf_(2, 3);

struct err;
/* A failure is a negative errno, and says what is wrong in one line. */
void fuzz_check_err(int r, const struct err *err);

struct spec;
/**
 * fuzz_check_round_trip() - write a spec, read that, write it again: the same text
 * @spec:   borrowed
 * @bundle: as for spec_from_oci()
 */
void fuzz_check_round_trip(const struct spec *spec, const char *bundle);

/* Plans a validated spec for several hosts: as many ids as usual, none but one's own,
 * root. */
void fuzz_check_plans(const struct spec *spec);
