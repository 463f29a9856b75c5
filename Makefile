# SPDX-License-Identifier: GPL-2.0-only OR MIT
# camex: kernel module, camexctl, tests. "make help" lists the targets.

VERSION := $(shell cat VERSION)
KREL ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KREL)/build
# where the module is built: one directory per kernel
MODDIR ?= build/module
KUNIT ?= 0
GCOV ?= 0
W ?=
C ?=

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
COMPDIR ?= $(PREFIX)/share/bash-completion/completions
INCDIR ?= $(PREFIX)/include

kmod-sources := Kbuild VERSION $(wildcard kernel/*.[ch] include/uapi/linux/*.h tests/kunit/*.[ch])
kmod-copies := $(kmod-sources:%=$(MODDIR)/%)

all: modules ctl

help:
	@echo 'make                 camex.ko (KDIR=, CROSS_COMPILE=) and camexctl, below build/'
	@echo 'make modules, kmod   the module alone;  make ctl   camexctl alone'
	@echo 'make install         camexctl, its man page and completion (PREFIX=, DESTDIR=)'
	@echo 'make kmod-install    the module, below /lib/modules'
	@echo 'make uninstall       takes away what install and kmod-install put there'
	@echo 'make demo            a tunnel between two hosts in a guest, from nothing'
	@echo 'make check           all tests;  make check-NAME   one group'
	@echo 'make check-long      the long forms;  make bench   measurements'
	@echo 'make clean           build/;  make distclean   the cache of kernels as well'

modules kmod: $(kmod-copies)
	@tests/need $(if $(filter /lib/modules/$(shell uname -r)/build,$(KDIR)),linux-headers-$(shell uname -r)) gcc make
	$(MAKE) -C $(KDIR) M=$(abspath $(MODDIR)) CAMEX_KUNIT=$(KUNIT) CAMEX_GCOV=$(GCOV) \
		$(if $(W),W=$(W)) $(if $(C),C=$(C) CHECK='$(CHECK)') modules

$(MODDIR)/%: %
	@mkdir -p $(@D) && cp $< $@

ctl:
	@tests/need gcc make pkg-config libnl-3-dev libnl-genl-3-dev libnl-route-3-dev libsodium-dev libjson-c-dev
	+$(MAKE) -C ctl BUILD=$(abspath build) VERSION=$(VERSION)

clean:
	rm -rf build

distclean: clean
	rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/camex"

.PHONY: all help modules kmod ctl clean distclean
