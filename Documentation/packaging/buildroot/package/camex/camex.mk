# SPDX-License-Identifier: GPL-2.0-only OR MIT
################################################################################
#
# camex
#
################################################################################

CAMEX_VERSION = 0.1.0
# this checkout or the unpacked tarball, of which the external tree is a part
CAMEX_SITE = $(realpath $(BR2_EXTERNAL_CAMEX_PATH)/../../..)
CAMEX_SITE_METHOD = local
CAMEX_LICENSE = GPL-2.0 (module), GPL-2.0 or MIT (camexctl)
CAMEX_LICENSE_FILES = LICENSES/GPL-2.0-only.txt LICENSES/MIT.txt
CAMEX_MODULE_MAKE_OPTS = KCFLAGS=-Wno-error

ifeq ($(BR2_PACKAGE_CAMEX_TOOLS),y)
CAMEX_DEPENDENCIES += host-pkgconf json-c libnl libsodium

define CAMEX_BUILD_CMDS
	$(TARGET_MAKE_ENV) $(TARGET_CONFIGURE_OPTS) $(MAKE) -C $(@D)/ctl BUILD=$(@D)/build \
		VERSION=$(CAMEX_VERSION) CC="$(TARGET_CC)" PKG_CONFIG="$(PKG_CONFIG_HOST_BINARY)"
endef

define CAMEX_INSTALL_TARGET_CMDS
	$(INSTALL) -D -m 755 $(@D)/build/camexctl $(TARGET_DIR)/usr/sbin/camexctl
	$(INSTALL) -d -m 700 $(TARGET_DIR)/etc/camex
endef
endif

define CAMEX_LINUX_CONFIG_FIXUPS
	$(call KCONFIG_ENABLE_OPT,CONFIG_NET)
	$(call KCONFIG_ENABLE_OPT,CONFIG_INET)
	$(call KCONFIG_ENABLE_OPT,CONFIG_WIREGUARD)
endef

$(eval $(kernel-module))
$(eval $(generic-package))
