# SPDX-License-Identifier: Apache-2.0
#
# urun-image: all that has to do with registries, archives and layers, and the only program that
# links curl, libarchive, libcrypto and the decompressors.

pkglibexec_PROGRAMS += urun-image

image_cflags = $(AM_CFLAGS) $(CURL_CFLAGS) $(ARCHIVE_CFLAGS) $(CRYPTO_CFLAGS) $(ZSTD_CFLAGS) \
	$(ISAL_CFLAGS) $(SECCOMP_CFLAGS) -pthread
# Not -I: <archive.h> is libarchive's.
image_cppflags = $(AM_CPPFLAGS) -iquote $(srcdir)/helpers/image
image_libs = libcore.a $(CURL_LIBS) $(ARCHIVE_LIBS) $(CRYPTO_LIBS) $(ZSTD_LIBS) $(ISAL_LIBS) \
	$(SECCOMP_LIBS) $(CAP_LIBS) $(JANSSON_LIBS)

noinst_LIBRARIES += libimage.a
libimage_a_CPPFLAGS = $(image_cppflags)
libimage_a_CFLAGS = $(image_cflags)
libimage_a_SOURCES = \
	helpers/image/archive.h \
	helpers/image/archive_docker.c \
	helpers/image/archive_read.c \
	helpers/image/archive_spool.c \
	helpers/image/archive_table.c helpers/image/archive_table.h \
	helpers/image/archive_write.c \
	helpers/image/auth.c helpers/image/auth.h \
	helpers/image/auth_helper.c helpers/image/auth_helper.h \
	helpers/image/auth_private.h \
	helpers/image/auth_write.c \
	helpers/image/base64.c helpers/image/base64.h \
	helpers/image/conf_path.c helpers/image/conf_path.h \
	helpers/image/deflate.c helpers/image/deflate.h \
	helpers/image/files.c helpers/image/files.h \
	helpers/image/hash.c helpers/image/hash.h \
	helpers/image/http.c helpers/image/http.h \
	helpers/image/http_certs.c helpers/image/http_certs.h \
	helpers/image/http_url.c \
	helpers/image/inflate.c helpers/image/inflate.h \
	helpers/image/pack.c helpers/image/pack.h \
	helpers/image/policy.c \
	helpers/image/registries.c helpers/image/registries.h \
	helpers/image/registry.c helpers/image/registry.h \
	helpers/image/registry_auth.c \
	helpers/image/registry_blob.c \
	helpers/image/registry_list.c \
	helpers/image/registry_private.h \
	helpers/image/registry_push.c \
	helpers/image/registry_request.c \
	helpers/image/registry_search.c \
	helpers/image/sink.h \
	helpers/image/source.c helpers/image/source.h \
	helpers/image/source_dir.c \
	helpers/image/source_layout.c \
	helpers/image/source_registry.c \
	helpers/image/toml.c helpers/image/toml.h \
	helpers/image/toml_text.c helpers/image/toml_text.h \
	helpers/image/unpack.c helpers/image/unpack.h \
	helpers/image/unpack_confine.c \
	helpers/image/unpack_entry.c helpers/image/unpack_entry.h

urun_image_SOURCES = \
	helpers/image/changes.c helpers/image/changes.h \
	helpers/image/command.h \
	helpers/image/commit.c \
	helpers/image/fsck.c \
	helpers/image/import.c \
	helpers/image/layer.c helpers/image/layer.h \
	helpers/image/load.c \
	helpers/image/main.c \
	helpers/image/new_image.c helpers/image/new_image.h \
	helpers/image/new_layer.c helpers/image/new_layer.h \
	helpers/image/progress.c helpers/image/progress.h \
	helpers/image/pull.c helpers/image/pull.h \
	helpers/image/push.c \
	helpers/image/save.c helpers/image/save.h \
	helpers/image/save_folder.c \
	helpers/image/save_layout.c \
	helpers/image/saved.c helpers/image/saved.h \
	helpers/image/search.c \
	helpers/image/login.c \
	helpers/image/team.c helpers/image/team.h
urun_image_CPPFLAGS = $(image_cppflags)
urun_image_CFLAGS = $(image_cflags)
urun_image_LDFLAGS = $(AM_LDFLAGS) -pie -pthread
urun_image_LDADD = libimage.a $(image_libs)

# Images in files, for what tests them without the rest.
image_files_sources = \
	helpers/image/archive_docker.c \
	helpers/image/archive_read.c \
	helpers/image/archive_spool.c \
	helpers/image/archive_table.c \
	helpers/image/files.c \
	helpers/image/hash.c \
	helpers/image/source.c \
	helpers/image/source_dir.c \
	helpers/image/source_layout.c
