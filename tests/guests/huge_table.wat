;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Guest: a table of 100 million elements from the start (800 MB of host memory if it were given).
(module
  (memory (export "memory") 1)
  (table (export "table") 100000000 funcref)
  (func (export "_start")))
