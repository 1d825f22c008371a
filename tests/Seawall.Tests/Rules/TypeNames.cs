using System.Reflection;
using System.Reflection.Emit;

namespace Seawall.Tests.Rules;

/// <summary>Finds which types a type names: in its shape, and in the code of its methods.</summary>
internal static class TypeNames
{
    private const BindingFlags Own = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance
        | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> s_codes = typeof(OpCodes).GetFields()
        .Select(field => field.GetValue(null)).OfType<OpCode>().ToDictionary(code => code.Value);

    /// <summary>Every pair of a type of an assembly and a type that it names; nested ones count as those around them.</summary>
    internal static IEnumerable<(Type From, Type To)> In(Assembly assembly) => assembly.GetTypes()
        .SelectMany(type => Named(type).Select(named => (From: Outermost(type), To: Outermost(named))))
        .Where(pair => pair.From != pair.To)
        .Distinct();

    /// <summary>The type in whose file another is written.</summary>
    internal static Type Outermost(Type type)
    {
        while (type.DeclaringType is { } around)
            type = around;
        return type;
    }

    internal static IEnumerable<Type> Named(Type type)
    {
        var named = new HashSet<Type>();
        Add(named, type.BaseType);
        foreach (var contract in type.GetInterfaces())
            Add(named, contract);
        foreach (var field in type.GetFields(Own))
            Add(named, field.FieldType);
        foreach (var method in type.GetMembers(Own).OfType<MethodBase>())
            AddMethod(named, method);
        return named;
    }

    private static void AddMethod(HashSet<Type> named, MethodBase method)
    {
        foreach (var parameter in method.GetParameters())
            Add(named, parameter.ParameterType);
        if (method is MethodInfo { ReturnType: var result })
            Add(named, result);
        if (method.GetMethodBody() is not { } body)
            return;
        foreach (var local in body.LocalVariables)
            Add(named, local.LocalType);
        foreach (var token in Tokens(body.GetILAsByteArray()!))
        {
            foreach (var type in Resolve(method, token))
                Add(named, type);
        }
    }

    private static IEnumerable<Type?> Resolve(MethodBase method, int token)
    {
        var ofType = method.DeclaringType!.GetGenericArguments();
        var ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : [];
        switch (method.Module.ResolveMember(token, ofType, ofMethod))
        {
            case Type type:
                return [type];
            case MethodInfo called:
                return [called.DeclaringType, called.ReturnType, .. called.IsGenericMethod ? called.GetGenericArguments() : []];
            case { } member:
                return [member.DeclaringType];
            default:
                return [];
        }
    }

    private static IEnumerable<int> Tokens(byte[] code)
    {
        for (var at = 0; at < code.Length;)
        {
            short value = code[at++];
            if (value == 0xFE)
                value = (short)(0xFE00 | code[at++]);
            var operand = s_codes[value].OperandType;
            if (operand is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineType or OperandType.InlineTok)
                yield return BitConverter.ToInt32(code, at);
            at += operand switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    private static void Add(HashSet<Type> named, Type? type)
    {
        if (type is null || type.IsGenericParameter)
            return;
        if (type.HasElementType)
        {
            Add(named, type.GetElementType());
            return;
        }
        if (type.IsGenericType)
        {
            foreach (var argument in type.GetGenericArguments())
                Add(named, argument);
            type = type.GetGenericTypeDefinition();
        }
        named.Add(type);
    }
}
