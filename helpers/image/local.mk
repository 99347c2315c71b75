# SPDX-License-Identifier: Apache-2.0
#
# urun-image: all that has to do with registries, archives and layers, and the only program that
# links curl, libarchive, libcrypto and the decompressors.

pkglibexec_PROGRAMS += urun-image

image_cflags = $(AM_CFLAGS) $(CURL_CFLAGS) $(ARCHIVE_CFLAGS) $(CRYPTO_CFLAGS) $(ZSTD_CFLAGS) \
	$(ISAL_CFLAGS) $(SECCOMP_CFLAGS) -pthread
image_cppflags = $(AM_CPPFLAGS) -I$(srcdir)/helpers/image
image_libs = libcore.a $(CURL_LIBS) $(ARCHIVE_LIBS) $(CRYPTO_LIBS) $(ZSTD_LIBS) $(ISAL_LIBS) \
	$(SECCOMP_LIBS) $(CAP_LIBS) $(JANSSON_LIBS)

noinst_LIBRARIES += libimage.a
libimage_a_CPPFLAGS = $(image_cppflags)
libimage_a_CFLAGS = $(image_cflags)
libimage_a_SOURCES = \
	helpers/image/archive.h \
	helpers/image/archive_read.c \
	helpers/image/archive_write.c \
	helpers/image/auth.c helpers/image/auth.h \
	helpers/image/hash.c helpers/image/hash.h \
	helpers/image/inflate.c helpers/image/inflate.h \
	helpers/image/policy.c \
	helpers/image/registries.c helpers/image/registries.h \
	helpers/image/registry.c helpers/image/registry.h \
	helpers/image/sink.h \
	helpers/image/source.c helpers/image/source.h \
	helpers/image/source_dir.c \
	helpers/image/source_layout.c \
	helpers/image/source_registry.c \
	helpers/image/toml.c helpers/image/toml.h \
	helpers/image/unpack.c helpers/image/unpack.h \
	helpers/image/unpack_confine.c \
	helpers/image/unpack_entry.c

urun_image_SOURCES = \
	helpers/image/main.c
urun_image_CPPFLAGS = $(image_cppflags)
urun_image_CFLAGS = $(image_cflags)
urun_image_LDFLAGS = $(AM_LDFLAGS) -pie -pthread
urun_image_LDADD = libimage.a $(image_libs)
