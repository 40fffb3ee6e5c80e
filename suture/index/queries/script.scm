(function_declaration name: (identifier) @name) @function
(generator_function_declaration name: (identifier) @name) @function
(method_definition name: (_) @name) @function
(variable_declarator
  name: (identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) @function
(assignment_expression
  left: (member_expression property: (property_identifier) @name)
  right: [(arrow_function) (function_expression) (generator_function)]) @function
(pair
  key: (property_identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)]) @function
(class_declaration name: (_) @name) @class
(variable_declarator name: (identifier) @name value: (class)) @class

(call_expression function: (identifier) @call)
(call_expression function: (member_expression
  object: (_) @receiver property: (property_identifier) @call))
(new_expression constructor: (identifier) @call)
(new_expression constructor: (member_expression
  object: (_) @receiver property: (property_identifier) @call))
(arguments (identifier) @passed)
(arguments (member_expression object: (_) @receiver property: (property_identifier) @passed))

(import_statement
  (import_clause (identifier) @local @original.default)
  source: (string (string_fragment) @module))
(import_statement
  (import_clause (namespace_import (identifier) @local))
  source: (string (string_fragment) @module))
(import_statement
  (import_clause (named_imports (import_specifier name: (_) @original !alias)))
  source: (string (string_fragment) @module))
(import_statement
  (import_clause (named_imports (import_specifier name: (_) @original alias: (_) @local)))
  source: (string (string_fragment) @module))
(variable_declarator
  name: (identifier) @local
  value: (call_expression
    function: (identifier) @require
    arguments: (arguments (string (string_fragment) @module))))
(variable_declarator
  name: (object_pattern (shorthand_property_identifier_pattern) @original)
  value: (call_expression
    function: (identifier) @require
    arguments: (arguments (string (string_fragment) @module))))
(variable_declarator
  name: (object_pattern (pair_pattern key: (_) @original value: (identifier) @local))
  value: (call_expression
    function: (identifier) @require
    arguments: (arguments (string (string_fragment) @module))))

(call_expression
  function: (identifier) @runner
  arguments: (arguments . (string (string_fragment) @name) [(arrow_function) (function_expression)])) @function
(call_expression
  function: (identifier) @runner
  arguments: (arguments . (string (string_fragment) @name) [(arrow_function) (function_expression)])) @class
