;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; The smallest component: told from a core module by its header alone.
(component)
