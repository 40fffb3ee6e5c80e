(function_definition name: (identifier) @name) @function
(class_definition name: (identifier) @name) @class
(decorated_definition definition: (_) @inner) @decorated

(call function: (identifier) @call)
(call function: (attribute object: (_) @receiver attribute: (identifier) @call))
(decorator (identifier) @call)
(decorator (attribute object: (_) @receiver attribute: (identifier) @call))
(argument_list (identifier) @passed)
(argument_list (attribute object: (_) @receiver attribute: (identifier) @passed))
(keyword_argument value: (identifier) @passed)
(keyword_argument value: (attribute object: (_) @receiver attribute: (identifier) @passed))

(import_statement name: (dotted_name) @module)
(import_statement name: (aliased_import name: (dotted_name) @module alias: (identifier) @local))
(import_from_statement module_name: (_) @module name: (dotted_name) @original)
(import_from_statement
  module_name: (_) @module
  name: (aliased_import name: (dotted_name) @original alias: (identifier) @local))
(import_from_statement module_name: (_) @module (wildcard_import) @original)
