;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; A program of WASI 0.2 that writes 64 KiB of zeroes as its permit allows, flushes nothing and ends.
(component
  (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $error-type))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $out (sub resource)))
    (alias outer 1 $error-type (type $outer-error))
    (export "error" (type $inner-error (eq $outer-error)))
    (type $variant (variant (case "last-operation-failed" (own $inner-error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $variant)))
    (export "[method]output-stream.check-write"
      (func (param "self" (borrow $out)) (result (result u64 (error $stream-error)))))
    (export "[method]output-stream.write-zeroes"
      (func (param "self" (borrow $out)) (param "len" u64) (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $out-type))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $out-type (type $outer-out))
    (export "output-stream" (type $inner-out (eq $outer-out)))
    (export "get-stdout" (func (result (own $inner-out))))))
  (core module $memory (memory (export "memory") 1))
  (core instance $shared (instantiate $memory))
  (core func $get (canon lower (func $stdout "get-stdout")))
  (core func $check (canon lower (func $streams "[method]output-stream.check-write") (memory $shared "memory")))
  (core func $zeroes (canon lower (func $streams "[method]output-stream.write-zeroes") (memory $shared "memory")))
  (core module $program
    (import "host" "memory" (memory 1))
    (import "host" "get" (func $get (result i32)))
    (import "host" "check" (func $check (param i32 i32)))
    (import "host" "zeroes" (func $zeroes (param i32 i64 i32)))
    ;; 0, or 1 where there is no permit of 64 KiB or the write fails
    (func (export "run") (result i32) (local $out i32)
      (local.set $out (call $get))
      (call $check (local.get $out) (i32.const 0))
      (if (i64.lt_u (i64.load (i32.const 8)) (i64.const 65536)) (then (return (i32.const 1))))
      (call $zeroes (local.get $out) (i64.const 65536) (i32.const 0))
      (i32.load8_u (i32.const 0))))
  (core instance $i (instantiate $program (with "host" (instance
    (export "memory" (memory $shared "memory"))
    (export "get" (func $get))
    (export "check" (func $check))
    (export "zeroes" (func $zeroes))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $r (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $r)))
