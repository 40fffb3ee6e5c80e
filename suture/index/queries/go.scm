(function_declaration name: (identifier) @name) @function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: (_) @owner))
  name: (field_identifier) @name) @function
(type_spec name: (type_identifier) @name) @class

(call_expression function: (identifier) @call)
(call_expression function: (selector_expression
  operand: (_) @receiver field: (field_identifier) @call))
(argument_list (identifier) @passed)
(argument_list (selector_expression operand: (_) @receiver field: (field_identifier) @passed))
(composite_literal type: (type_identifier) @call)

(import_spec !name path: (interpreted_string_literal) @module)
(import_spec name: (_) @local path: (interpreted_string_literal) @module)
