# SPDX-License-Identifier: GPL-2.0-only OR MIT
# camex: kernel module, camexctl, tests. "make help" lists the targets.

VERSION := $(shell cat VERSION)
KREL ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KREL)/build
# where the module is built: one directory per kernel
MODDIR ?= build/module
KUNIT ?= 0
GCOV ?= 0
KCOV ?= 0
BENCH ?= 0
W ?=
C ?=
# a kernel configured with -Werror does not make errors of a newer compiler's warnings here;
# the tests say KCFLAGS=-Werror
KCFLAGS ?= -Wno-error
# takes the debug information out of the installed module; STRIP=true leaves it there
STRIP ?= $(if $(LLVM),$(filter %/,$(LLVM))llvm-strip$(filter -%,$(LLVM)),$(CROSS_COMPILE)strip)

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
COMPDIR ?= $(PREFIX)/share/bash-completion/completions
INCDIR ?= $(PREFIX)/include
# systemd reads /usr/local/lib/systemd/system as well
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSCONFDIR ?= /etc
# zsh looks below /usr/local by itself; for a package it is vendor-completions on Debian
ZSHDIR ?= $(PREFIX)/share/zsh/$(if $(and $(filter /usr,$(PREFIX)),$(wildcard /etc/debian_version)),vendor-completions,site-functions)
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
# Where Wireshark looks for everybody: what it says itself, else the folder of this machine's
# libraries on Debian, below /usr; below PREFIX if that is another place.
multiarch = $(shell gcc -print-multiarch 2>/dev/null)
LUADIR ?= $(or $(if $(filter /usr /usr/local,$(PREFIX)),$(or $(shell \
	{ tshark -G folders || wireshark -G folders; } 2>/dev/null | \
	sed -n 's/^Global Lua Plugins:[[:blank:]]*//p'),$(if $(multiarch),/usr/lib/$(multiarch)/wireshark/plugins))),$(PREFIX)/lib/wireshark/plugins)
# Where Debian's ip looks for plug-ins; below PREFIX if that is another place.
IPDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),/usr/lib$(multiarch:%=/%)/ip,$(PREFIX)/lib/ip)
DKMS_SOURCE ?= /usr/src/camex-$(VERSION)

# What a build needs, as Debian names it. "make" alone says what is missing; "make deps" installs it.
module-deps = gcc make $(if $(wildcard $(KDIR)/Makefile),,linux-headers-$(KREL))
ctl-deps := gcc libc6-dev make pkg-config libnl-3-dev libnl-genl-3-dev libsodium-dev libjson-c-dev

units := $(patsubst ctl/%.in,%,$(wildcard ctl/*@.service.in ctl/*@.path.in ctl/*@.timer.in))
installed = $(SBINDIR)/camexctl $(MANDIR)/man8/camexctl.8 $(MANDIR)/man5/camex-up.5 $(MANDIR)/man4/camex.4 \
	$(MANDIR)/man5/camex.conf.5 $(MANDIR)/man7/camex.7 \
	$(units:%=$(UNITDIR)/%) $(COMPDIR)/camexctl $(ZSHDIR)/_camexctl $(FISHDIR)/camexctl.fish \
	$(INCDIR)/linux/camex.h $(IPDIR)/link_camex.so $(patsubst wireshark/%,$(LUADIR)/%,$(wildcard wireshark/*.lua)) \
	/lib/modules/$(KREL)/updates/camex.ko

kmod-sources := Kbuild VERSION $(shell find kernel -name "*.[chS]") $(wildcard include/uapi/linux/*.h tests/kunit/*.[ch] tests/bench/cipher.c tests/bench/aes.c tests/bench/aesni.S)
kmod-copies := $(kmod-sources:%=$(MODDIR)/%)

all: modules ctl

help:
	@echo 'make                 camex.ko (KDIR=, CROSS_COMPILE=) and camexctl, below build/'
	@echo 'make modules, kmod   the module alone;  make ctl   camexctl alone'
	@echo 'make install         camexctl, its man pages, completions and units, and the dissector'
	@echo '                     for Wireshark and the plug-in for ip (PREFIX=, DESTDIR=, LUADIR=, IPDIR=)'
	@echo 'make kmod-install    the module, below /lib/modules, without debug information (STRIP=true: with)'
	@echo 'make uninstall       takes away what install and kmod-install put there'
	@echo 'make deps            installs what a build needs, on Debian'
	@echo 'make dkms-install    the module by DKMS, which builds it again for each new kernel;  make dkms-remove'
	@echo 'make deb             packages for Debian, in build/;  make dist   a release, in build/dist'
	@echo 'make demo            a tunnel between two hosts in a guest, from nothing'
	@echo 'make check           all tests;  make check-NAME   one group'
	@echo 'make check-long      the long forms;  make check-matrix   all selftests on every other kernel'
	@echo 'make coverage        which lines of kernel/ and ctl/ the tests run, in build/coverage'
	@echo 'make evidence        Documentation/evidence.rst from the runs since'
	@echo 'make bench           measurements beside other tunnels;  make bench-quick   a few'
	@echo 'make bench-doc       Documentation/performance.rst from the last make bench'
	@echo 'make bench-profile   where the instructions of a packet go, by function'
	@echo 'make docs            Documentation as HTML in build/docs'
	@echo 'make diagrams        the pictures of Documentation/architecture.rst'
	@echo 'make clean           build/;  make distclean   the cache of kernels as well'

modules kmod: $(kmod-copies)
	@tests/need --say $(module-deps)
	$(MAKE) -C $(KDIR) M=$(abspath $(MODDIR)) KCFLAGS='$(KCFLAGS)' CAMEX_KUNIT=$(KUNIT) CAMEX_GCOV=$(GCOV) CAMEX_KCOV=$(KCOV) CAMEX_BENCH=$(BENCH) \
		$(if $(W),W=$(W)) $(if $(C),C=$(C) CHECK='$(CHECK)') modules

# what a build needs, where it is made
sources: $(kmod-copies)

$(MODDIR)/%: %
	@mkdir -p $(@D) && cp $< $@

ctl:
	@tests/need --say $(ctl-deps)
	+$(MAKE) -C ctl BUILD=$(abspath build) VERSION=$(VERSION)

# a kernel of one's own has no package of headers: the rest is installed all the same
deps:
	@tests/need --verbose $(ctl-deps)
	@tests/need --verbose $(module-deps)

install: ctl
	install -D -m 755 build/camexctl $(DESTDIR)$(SBINDIR)/camexctl
	install -D -m 644 Documentation/man/camexctl.8 $(DESTDIR)$(MANDIR)/man8/camexctl.8
	install -D -m 644 Documentation/man/camex-up.5 $(DESTDIR)$(MANDIR)/man5/camex-up.5
	install -D -m 644 Documentation/man/camex.4 $(DESTDIR)$(MANDIR)/man4/camex.4
	install -D -m 644 Documentation/man/camex.conf.5 $(DESTDIR)$(MANDIR)/man5/camex.conf.5
	install -D -m 644 Documentation/man/camex.7 $(DESTDIR)$(MANDIR)/man7/camex.7
	install -d $(DESTDIR)$(UNITDIR)
	for unit in $(units); do \
		sed 's,@SBINDIR@,$(SBINDIR),' ctl/$$unit.in > $(DESTDIR)$(UNITDIR)/$$unit && \
		chmod 644 $(DESTDIR)$(UNITDIR)/$$unit || exit; \
	done
	install -D -m 644 ctl/camexctl.bash-completion $(DESTDIR)$(COMPDIR)/camexctl
	install -D -m 644 ctl/camexctl.zsh-completion $(DESTDIR)$(ZSHDIR)/_camexctl
	install -D -m 644 ctl/camexctl.fish-completion $(DESTDIR)$(FISHDIR)/camexctl.fish
	install -D -m 644 include/uapi/linux/camex.h $(DESTDIR)$(INCDIR)/linux/camex.h
	install -D -m 644 build/link_camex.so $(DESTDIR)$(IPDIR)/link_camex.so
	install -D -m 644 -t '$(DESTDIR)$(LUADIR)' wireshark/*.lua
	[ -d $(DESTDIR)$(SYSCONFDIR)/camex ] || install -d -m 700 $(DESTDIR)$(SYSCONFDIR)/camex

# depmod may be where only root looks
find-depmod = PATH="$$PATH:/usr/sbin:/sbin"; command -v depmod >/dev/null || \
	{ echo 'make: depmod is missing: install kmod' >&2; exit 1; }

kmod-install: modules
	$(if $(DESTDIR),,@$(find-depmod))
	install -D -m 644 $(MODDIR)/camex.ko \
		$(DESTDIR)/lib/modules/$(KREL)/updates/camex.ko
	$(STRIP) --strip-debug $(DESTDIR)/lib/modules/$(KREL)/updates/camex.ko
	$(if $(DESTDIR),,PATH="$$PATH:/usr/sbin:/sbin" depmod $(KREL))

# the sources of the module, as DKMS takes them
dkms-source: $(kmod-sources) dkms.conf
	rm -rf '$(DESTDIR)$(DKMS_SOURCE)'
	install -d '$(DESTDIR)$(DKMS_SOURCE)'
	cp --parents $(filter-out tests/%,$(kmod-sources)) dkms.conf '$(DESTDIR)$(DKMS_SOURCE)'
	chmod -R u=rwX,go=rX '$(DESTDIR)$(DKMS_SOURCE)'

dkms-install:
	@command -v dkms >/dev/null || { echo 'make: dkms is missing: install it' >&2; exit 1; }
	dkms remove camex/$(VERSION) --all >/dev/null 2>&1 || true
	$(MAKE) dkms-source
	dkms add camex/$(VERSION)
	dkms install camex/$(VERSION) -k $(KREL)

dkms-remove:
	dkms remove camex/$(VERSION) --all
	rm -rf /usr/src/camex-$(VERSION)

# Removes what install and kmod-install put there, and folders that are empty then.
uninstall:
	rm -f $(installed:%='$(DESTDIR)%')
	-rmdir --ignore-fail-on-non-empty $(sort $(foreach file,$(filter %/camex.ko %/camex.h %.lua,$(installed)), \
		'$(DESTDIR)$(patsubst %/,%,$(dir $(file)))') '$(DESTDIR)$(SYSCONFDIR)/camex') 2>/dev/null
	$(if $(DESTDIR),,-PATH="$$PATH:/usr/sbin:/sbin" depmod $(KREL))

deb:
	@tests/packages/deb

dist:
	@tests/packages/dist

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

docs:
	@Documentation/build-docs

diagrams:
	@tests/need graphviz && tests/diagrams

clean:
	rm -rf build

distclean: clean
	rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/camex"

.PHONY: all help modules kmod sources ctl deps install kmod-install uninstall demo
.PHONY: dkms-source dkms-install dkms-remove deb dist check check-long bench
.PHONY: coverage diagrams docs evidence bench-doc bench-quick bench-profile clean distclean
