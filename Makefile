# SPDX-License-Identifier: GPL-2.0-only OR MIT
# camex: kernel module, camexctl, tests. "make help" lists the targets.

VERSION := $(shell cat VERSION)
KREL ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KREL)/build
# where the module is built: one directory per kernel
MODDIR ?= build/module
KUNIT ?= 0
GCOV ?= 0
BENCH ?= 0
W ?=
C ?=
# takes the debug information out of the installed module; STRIP=true leaves it there
STRIP ?= $(if $(LLVM),$(filter %/,$(LLVM))llvm-strip$(filter -%,$(LLVM)),$(CROSS_COMPILE)strip)

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
COMPDIR ?= $(PREFIX)/share/bash-completion/completions
INCDIR ?= $(PREFIX)/include
# systemd reads /usr/local/lib/systemd/system as well
UNITDIR ?= $(PREFIX)/lib/systemd/system
# where Wireshark looks for everybody, if there is one and PREFIX is not another place
LUADIR ?= $(or $(if $(filter /usr /usr/local,$(PREFIX)),$(shell \
	{ tshark -G folders || wireshark -G folders; } 2>/dev/null | \
	sed -n 's/^Global Lua Plugins:[[:blank:]]*//p')),$(PREFIX)/lib/wireshark/plugins)

kmod-sources := Kbuild VERSION $(shell find kernel -name "*.[ch]") $(wildcard include/uapi/linux/*.h tests/kunit/*.[ch] tests/bench/cipher.c)
kmod-copies := $(kmod-sources:%=$(MODDIR)/%)

all: modules ctl

help:
	@echo 'make                 camex.ko (KDIR=, CROSS_COMPILE=) and camexctl, below build/'
	@echo 'make modules, kmod   the module alone;  make ctl   camexctl alone'
	@echo 'make install         camexctl, its man pages, completion and units, and the dissector'
	@echo '                     for Wireshark (PREFIX=, DESTDIR=, LUADIR=)'
	@echo 'make kmod-install    the module, below /lib/modules, without debug information (STRIP=true: with)'
	@echo 'make uninstall       takes away what install and kmod-install put there'
	@echo 'make demo            a tunnel between two hosts in a guest, from nothing'
	@echo 'make check           all tests;  make check-NAME   one group'
	@echo 'make check-long      the long forms;  make check-matrix   all selftests on every other kernel'
	@echo 'make coverage        which lines of kernel/ and ctl/ the tests run, in build/coverage'
	@echo 'make evidence        Documentation/evidence.rst from the runs since'
	@echo 'make bench           measurements beside other tunnels;  make bench-quick   a few'
	@echo 'make bench-doc       Documentation/performance.rst from the last make bench'
	@echo 'make bench-profile   where the instructions of a packet go, by function'
	@echo 'make diagrams        the pictures of Documentation/architecture.rst'
	@echo 'make clean           build/;  make distclean   the cache of kernels as well'

modules kmod: $(kmod-copies)
	@tests/need $(if $(filter /lib/modules/$(shell uname -r)/build,$(KDIR)),linux-headers-$(shell uname -r)) gcc make
	$(MAKE) -C $(KDIR) M=$(abspath $(MODDIR)) CAMEX_KUNIT=$(KUNIT) CAMEX_GCOV=$(GCOV) CAMEX_BENCH=$(BENCH) \
		$(if $(W),W=$(W)) $(if $(C),C=$(C) CHECK='$(CHECK)') modules

# what a build needs, where it is made
sources: $(kmod-copies)

$(MODDIR)/%: %
	@mkdir -p $(@D) && cp $< $@

ctl:
	@tests/need gcc make pkg-config libnl-3-dev libnl-genl-3-dev libsodium-dev libjson-c-dev
	+$(MAKE) -C ctl BUILD=$(abspath build) VERSION=$(VERSION)

install: ctl
	install -D -m 755 build/camexctl $(DESTDIR)$(SBINDIR)/camexctl
	install -D -m 644 Documentation/man/camexctl.8 $(DESTDIR)$(MANDIR)/man8/camexctl.8
	install -D -m 644 Documentation/man/camex-up.5 $(DESTDIR)$(MANDIR)/man5/camex-up.5
	install -D -m 644 Documentation/man/camex.4 $(DESTDIR)$(MANDIR)/man4/camex.4
	install -d $(DESTDIR)$(UNITDIR)
	for unit in camex@ camex-apply@ camex-watch@; do \
		sed 's,@SBINDIR@,$(SBINDIR),' ctl/$$unit.service.in > $(DESTDIR)$(UNITDIR)/$$unit.service && \
		chmod 644 $(DESTDIR)$(UNITDIR)/$$unit.service || exit; \
	done
	install -D -m 644 ctl/camexctl.bash-completion $(DESTDIR)$(COMPDIR)/camexctl
	install -D -m 644 include/uapi/linux/camex.h $(DESTDIR)$(INCDIR)/linux/camex.h
	install -D -m 644 -t '$(DESTDIR)$(LUADIR)' wireshark/*.lua

kmod-install: modules
	install -D -m 644 $(MODDIR)/camex.ko \
		$(DESTDIR)/lib/modules/$(KREL)/updates/camex.ko
	$(STRIP) --strip-debug $(DESTDIR)/lib/modules/$(KREL)/updates/camex.ko
	$(if $(DESTDIR),,depmod $(KREL))

uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/camexctl $(DESTDIR)$(MANDIR)/man8/camexctl.8 \
		$(DESTDIR)$(MANDIR)/man5/camex-up.5 $(DESTDIR)$(MANDIR)/man4/camex.4 '$(DESTDIR)$(UNITDIR)/camex@.service' \
		'$(DESTDIR)$(UNITDIR)/camex-apply@.service' \
		'$(DESTDIR)$(UNITDIR)/camex-watch@.service' \
		$(DESTDIR)$(COMPDIR)/camexctl $(DESTDIR)$(INCDIR)/linux/camex.h \
		$(patsubst wireshark/%,'$(DESTDIR)$(LUADIR)/%',$(wildcard wireshark/*.lua)) \
		$(DESTDIR)/lib/modules/$(KREL)/updates/camex.ko
	$(if $(DESTDIR),,-depmod $(KREL))

demo:
	@tests/demo

check:
	@tests/need perl && tests/check

check-long:
	@tests/need perl && tests/check --long

check-%:
	@tests/need perl && tests/check $*

coverage:
	@tests/coverage

evidence:
	@tests/evidence

bench:
	@tests/bench/run

bench-doc:
	@tests/bench/run --doc

bench-quick:
	@tests/bench/run --quick

bench-profile:
	@tests/bench/profile

diagrams:
	@tests/need graphviz && tests/diagrams

clean:
	rm -rf build

distclean: clean
	rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/camex"

.PHONY: all help modules kmod sources ctl install kmod-install uninstall demo check check-long bench
.PHONY: coverage diagrams evidence bench-doc bench-quick bench-profile clean distclean
