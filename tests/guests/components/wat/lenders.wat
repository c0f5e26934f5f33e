;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Component: resources between siblings.  $library makes books (what stands in a handle is the number of pages) and counts
;; them; $reader imports them, lends them back, gives them away and drops them; its own resource, a shelf, keeps one.
(component
  (component $library
    (core module $m
      (global $alive (mut i32) (i32.const 0))
      (global $dropped_pages (mut i32) (i32.const 0))
      (func (export "born") (global.set $alive (i32.add (global.get $alive) (i32.const 1))))
      (func (export "drop") (param $rep i32)
        (global.set $alive (i32.sub (global.get $alive) (i32.const 1)))
        (global.set $dropped_pages (i32.add (global.get $dropped_pages) (local.get $rep))))
      (func (export "alive") (result i32) (global.get $alive))
      (func (export "dropped") (result i32) (global.get $dropped_pages)))
    (core instance $i (instantiate $m))
    (alias core export $i "drop" (core func $died))
    (type $book' (resource (rep i32) (dtor (func $died))))
    (export $book "book" (type $book'))
    (core func $new (canon resource.new $book'))
    (core func $rep (canon resource.rep $book'))
    (core func $drop (canon resource.drop $book'))
    (core module $n
      (import "r" "new" (func $new (param i32) (result i32)))
      (import "r" "rep" (func $rep (param i32) (result i32)))
      (import "r" "drop" (func $drop (param i32)))
      (import "i" "born" (func $born))
      (func (export "make") (param $pages i32) (result i32) (call $born) (call $new (local.get $pages)))
      ;; A borrow comes as what stands in the handle.
      (func (export "pages") (param $rep i32) (result i32) (local.get $rep))
      (func (export "bind") (param $a i32) (param $b i32) (result i32)
        (local $sum i32)
        (local.set $sum (i32.add (call $rep (local.get $a)) (call $rep (local.get $b))))
        (call $drop (local.get $a))
        (call $drop (local.get $b))
        (call $born)
        (call $new (local.get $sum))))
    (core instance $j (instantiate $n
      (with "i" (instance $i))
      (with "r" (instance (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
    (func (export "make") (param "pages" u32) (result (own $book)) (canon lift (core func $j "make")))
    (func (export "pages") (param "it" (borrow $book)) (result u32) (canon lift (core func $j "pages")))
    (func (export "bind") (param "a" (own $book)) (param "b" (own $book)) (result (own $book))
      (canon lift (core func $j "bind")))
    (func (export "alive") (result u32) (canon lift (core func $i "alive")))
    (func (export "dropped-pages") (result u32) (canon lift (core func $i "dropped"))))

  (component $reader
    (import "library" (instance $l
      (export "book" (type $book (sub resource)))
      (export "make" (func (param "pages" u32) (result (own $book))))
      (export "pages" (func (param "it" (borrow $book)) (result u32)))
      (export "bind" (func (param "a" (own $book)) (param "b" (own $book)) (result (own $book))))
      (export "alive" (func (result u32)))))
    (alias export $l "book" (type $book))
    (core func $make (canon lower (func $l "make")))
    (core func $pages (canon lower (func $l "pages")))
    (core func $bind (canon lower (func $l "bind")))
    (core func $alive (canon lower (func $l "alive")))
    (core func $close (canon resource.drop $book))

    ;; A shelf holds the handle of a book; dropping it drops the book, so a destructor calls another component's.
    (core module $d
      (import "l" "close" (func $close (param i32)))
      (func (export "drop") (param $rep i32) (call $close (local.get $rep))))
    (core instance $di (instantiate $d (with "l" (instance (export "close" (func $close))))))
    (alias core export $di "drop" (core func $died))
    (type $shelf' (resource (rep i32) (dtor (func $died))))
    (export $shelf "shelf" (type $shelf'))
    (core func $shelf_new (canon resource.new $shelf'))
    (core func $shelf_drop (canon resource.drop $shelf'))

    (core module $m
      (import "l" "make" (func $make (param i32) (result i32)))
      (import "l" "pages" (func $pages (param i32) (result i32)))
      (import "l" "bind" (func $bind (param i32 i32) (result i32)))
      (import "l" "alive" (func $alive (result i32)))
      (import "l" "close" (func $close (param i32)))
      (import "s" "new" (func $shelf_new (param i32) (result i32)))
      (import "s" "drop" (func $shelf_drop (param i32)))
      ;; Makes books of 1 to n pages, binds them all into one: its pages.
      (func (export "read") (param $n i32) (result i32)
        (local $all i32) (local $pages i32)
        (local.set $all (call $make (i32.const 0)))
        (block $done
          (loop $next
            (br_if $done (i32.eqz (local.get $n)))
            (local.set $all (call $bind (local.get $all) (call $make (local.get $n))))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br $next)))
        (local.set $pages (call $pages (local.get $all)))
        (call $close (local.get $all))
        (local.get $pages))
      (func (export "put") (param $book i32) (result i32) (call $shelf_new (local.get $book)))
      (func (export "look") (param $shelf i32) (result i32) (call $pages (local.get $shelf)))
      ;; Puts a book on a shelf and the shelf away: books alive within and after.
      (func (export "tidy") (param $pages i32) (result i32)
        (local $shelf i32) (local $within i32)
        (local.set $shelf (call $shelf_new (call $make (local.get $pages))))
        (local.set $within (call $alive))
        (call $shelf_drop (local.get $shelf))
        (i32.add (i32.mul (local.get $within) (i32.const 100)) (call $alive)))
      ;; Uses a book after it was given away.
      (func (export "misuse") (result i32)
        (local $book i32)
        (local.set $book (call $make (i32.const 5)))
        (call $close (call $bind (local.get $book) (call $make (i32.const 6))))
        (call $pages (local.get $book))))
    (core instance $i (instantiate $m
      (with "l" (instance
        (export "make" (func $make)) (export "pages" (func $pages)) (export "bind" (func $bind))
        (export "alive" (func $alive)) (export "close" (func $close))))
      (with "s" (instance (export "new" (func $shelf_new)) (export "drop" (func $shelf_drop))))))
    (func (export "read") (param "n" u32) (result u32) (canon lift (core func $i "read")))
    (func (export "tidy") (param "pages" u32) (result u32) (canon lift (core func $i "tidy")))
    (func (export "put") (param "it" (own $book)) (result (own $shelf)) (canon lift (core func $i "put")))
    (func (export "look") (param "on" (borrow $shelf)) (result u32) (canon lift (core func $i "look")))
    (func (export "misuse") (result u32) (canon lift (core func $i "misuse"))))

  (instance $library (instantiate $library))
  (instance $reader (instantiate $reader (with "library" (instance $library))))
  (export "library" (instance $library))
  (export "reader" (instance $reader)))
